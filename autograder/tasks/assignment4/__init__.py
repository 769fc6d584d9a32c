"""Tasks of assignment 4, recurrent nets and captions; course.toml lists the modules in order."""
