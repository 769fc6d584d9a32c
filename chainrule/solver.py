"""Train a model: `Solver` runs the epochs, measures accuracies, keeps the best weights, and can be interrupted.

The interface is that of Stanford CS231n's Solver where it can be. What differs: the update rule is a function and
not a name; every epoch goes through the shuffled training images, each once; accuracies are measured before
training, too; a checkpoint can be resumed.
"""

import sys

import numpy as np
from tqdm import tqdm

from chainrule.checkpoints import capture, read_checkpoint, restore, write_checkpoint
from chainrule.errors import ChainruleError

__all__ = ["Solver"]

SETS = ("X_train", "y_train", "X_val", "y_val")
PROGRESS = ("epoch", "loss_history", "train_acc_history", "val_acc_history", "best_val_acc", "optim_configs", "rng")


def sgd(w, dw, config):
    """Plain stochastic gradient descent: w - learning_rate * dw."""
    config.setdefault("learning_rate", 1e-2)
    return w - config["learning_rate"] * dw, config


class Solver:
    """Trains model on data; afterwards model has the weights of the epoch with the best validation accuracy.

    model: has params, a dict of name to array, loss(X) -> scores (N, C), and loss(X, y) -> (loss, grads), where grads
    has a gradient for every parameter. data: a dict with X_train, y_train, X_val, y_val, or a chainrule.data.Split.
    update_rule(w, dw, config) -> (next_w, config): one step for one parameter; config starts as a copy of
    optim_config for each of them. lr_decay: a factor on the learning rate after every epoch, or a function
    lr_decay(learning_rate, epoch) -> the rate of an epoch (0, 1, ...), given that of epoch 0.
    An epoch has N // batch_size steps; images that are left over wait for another epoch.
    Accuracies are measured on num_train_samples and num_val_samples random images (None: on all).
    verbose shows a progress bar on stderr, whose loss is renewed every print_every steps.

    With checkpoint_name, the file checkpoint_name.npz is written after every epoch. `resume` reads it, and `train`
    then goes on exactly as the uninterrupted run would have: the file holds the attributes of the model that are
    made of arrays, numbers, texts, lists, dicts and random generators, the state of the update rule and of all
    random numbers (np.random, too), and the history.

    Attributes: epoch, best_val_acc, best_params, loss_history (one for every step), train_acc_history and
    val_acc_history (one before training, then one for every epoch).
    """

    def __init__(
        self,
        model,
        data,
        update_rule=sgd,
        optim_config=None,
        lr_decay=1.0,
        batch_size=100,
        num_epochs=10,
        num_train_samples=1000,
        num_val_samples=None,
        checkpoint_name=None,
        print_every=10,
        verbose=False,
        seed=0,
    ):
        self.model, self.data = model, _checked(data)
        self.update_rule, self.lr_decay, self.optim_config = update_rule, lr_decay, dict(optim_config or {})
        self.batch_size, self.num_epochs = min(batch_size, len(self.data["y_train"])), num_epochs
        self.num_train_samples, self.num_val_samples = num_train_samples, num_val_samples
        self.checkpoint_name, self.print_every, self.verbose = checkpoint_name, print_every, verbose
        self._require_settings()
        self.rng = np.random.default_rng(seed)
        self.optim_configs = {name: capture(self.optim_config) for name in model.params}
        self.epoch, self.best_val_acc = 0, -1.0
        self.loss_history, self.train_acc_history, self.val_acc_history = [], [], []
        self._best = capture(vars(model))

    @property
    def best_params(self):
        """The weights with the best validation accuracy so far."""
        return self._best["params"]

    @property
    def steps_per_epoch(self):
        return len(self.data["y_train"]) // self.batch_size

    def train(self):
        """Train up to epoch num_epochs, from where `resume` left off or from the start."""
        if not self.val_acc_history:
            self._measure()
        steps = self.steps_per_epoch
        with tqdm(
            total=self.num_epochs * steps,
            initial=self.epoch * steps,
            disable=not self.verbose,
            file=sys.stderr,
            unit="step",
        ) as bar:
            while self.epoch < self.num_epochs:
                order = self.rng.permutation(len(self.data["y_train"]))[: steps * self.batch_size]
                for batch in order.reshape(steps, self.batch_size):
                    self._step(batch)
                    self._report(bar)
                self.epoch += 1
                self._decay()
                self._measure()
                if self.checkpoint_name:
                    self._save()
        restore(vars(self.model), self._best)

    def check_accuracy(self, X, y, num_samples=None, batch_size=100):
        """The part of the images X (N, ...) whose highest score is that of their label y (N,).

        With num_samples < N, that many images are drawn at random.
        """
        if num_samples is not None and num_samples < len(y):
            picks = self.rng.choice(len(y), num_samples, replace=False)
            X, y = X[picks], y[picks]
        batches = range(0, len(y), batch_size)
        labels = [np.argmax(self.model.loss(X[k : k + batch_size]), axis=1) for k in batches]
        return float(np.mean(np.concatenate(labels) == y))

    def resume(self):
        """Go back to the end of the last epoch that checkpoint_name.npz knows."""
        if not self.checkpoint_name:
            raise ChainruleError("resume: expected a checkpoint_name, got none; give Solver the one you trained with")
        path = f"{self.checkpoint_name}.npz"
        saved = read_checkpoint(path)
        for what, value in self._settings().items():
            if saved["settings"][what] != value:
                got = f"{path}: expected {what} to be {value}, got {saved['settings'][what]}"
                raise ChainruleError(f"{got}; it is the checkpoint of another run")
        for name in PROGRESS:
            setattr(self, name, restore(getattr(self, name), saved["progress"][name]))
        self._best = saved["best"]
        restore(vars(self.model), saved["model"])
        np.random.set_state(saved["numpy"])

    def _step(self, batch):
        """One step on the training images with these indices; all parameters move, or an error says why none does."""
        loss, grads = self.model.loss(self.data["X_train"][batch], self.data["y_train"][batch])
        params = self.model.params
        missing = [name for name in params if name not in grads]
        if missing:
            raise ChainruleError(f"Solver: expected a gradient for every parameter, got none for {', '.join(missing)}")
        if not (np.isfinite(loss) and all(np.all(np.isfinite(grads[name])) for name in params)):
            self._stop(loss, grads)
        moved = {name: self.update_rule(w, grads[name], self.optim_configs[name]) for name, w in params.items()}
        if not all(np.all(np.isfinite(w)) for w, _ in moved.values()):
            self._stop(loss, grads, {name: w for name, (w, _) in moved.items()})
        for name, (w, config) in moved.items():
            params[name], self.optim_configs[name] = w, config
        self.loss_history.append(float(loss))

    def _stop(self, loss, grads, moved=None):
        """Say which step failed, and which parameter is to blame."""
        step = f"step {len(self.loss_history) + 1} (epoch {self.epoch + 1})"
        with np.errstate(all="ignore"):
            norms = {name: float(np.linalg.norm(grads[name])) for name in self.model.params}
        for what, arrays in (("weights", self.model.params), ("gradients", grads), ("new weights", moved or {})):
            bad = [name for name in norms if name in arrays and not np.all(np.isfinite(arrays[name]))]
            if bad:
                blame = f"{bad[0]} has {what} that are not finite (norm of its gradient: {norms[bad[0]]:.3g})"
                break
        else:
            name = max(norms, key=norms.get)
            blame = f"the largest gradient is that of {name} (norm {norms[name]:.3g})"
        raise ChainruleError(
            f"Solver, {step}: expected finite numbers, got the loss {loss:.6g}; {blame}; "
            "the weights are those before the step; try a smaller learning rate"
        )

    def _decay(self):
        """Set the learning rate of the epoch that begins."""
        for config in self.optim_configs.values():
            if callable(self.lr_decay):
                rate = self.lr_decay(self.optim_config["learning_rate"], self.epoch)
                config["learning_rate"] = float(rate)  # a np.float64 would make a float32 net float64
            elif self.lr_decay != 1:
                config["learning_rate"] = self.lr_decay * config["learning_rate"]

    def _measure(self):
        """Append the accuracies to the history; keep the model if it is the best."""
        data, sizes = self.data, (self.num_train_samples, self.num_val_samples)
        self.train_acc_history.append(self.check_accuracy(data["X_train"], data["y_train"], sizes[0]))
        self.val_acc_history.append(self.check_accuracy(data["X_val"], data["y_val"], sizes[1]))
        if self.val_acc_history[-1] > self.best_val_acc:
            self.best_val_acc = self.val_acc_history[-1]
            self._best = capture(vars(self.model))

    def _report(self, bar):
        if self.print_every and len(self.loss_history) % self.print_every == 0:
            bar.set_postfix(loss=f"{self.loss_history[-1]:.3f}", val_acc=f"{self.val_acc_history[-1]:.3f}")
        bar.update()

    def _save(self):
        state = {
            "settings": self._settings(),
            "progress": {name: capture(getattr(self, name)) for name in PROGRESS},
            "model": capture(vars(self.model)),
            "best": self._best,
            "numpy": capture(np.random.get_state(legacy=False)),
        }
        write_checkpoint(f"{self.checkpoint_name}.npz", state)

    def _settings(self):
        """What must be the same for a run to go on."""
        shapes = ", ".join(f"{name} {np.shape(w)} {np.asarray(w).dtype}" for name, w in self.model.params.items())
        rule = getattr(self.update_rule, "__name__", "")
        sizes = {"batch_size": self.batch_size, "number of training images": len(self.data["y_train"])}
        return {"parameters": shapes, "update_rule": rule} | sizes

    def _require_settings(self):
        if not callable(self.update_rule):
            raise ChainruleError(
                f"update_rule: expected a function (w, dw, config) -> (next_w, config), got {self.update_rule!r}; "
                "import the function and pass it without quotes"
            )
        if self.batch_size < 1:
            raise ChainruleError(f"batch_size: expected at least 1, got {self.batch_size}")
        if (callable(self.lr_decay) or self.lr_decay != 1) and "learning_rate" not in self.optim_config:
            raise ChainruleError(
                'lr_decay: expected optim_config={"learning_rate": ...} to decay, got no learning_rate'
            )


def _checked(data):
    """The four arrays that training needs."""
    data = data._asdict() if hasattr(data, "_asdict") else data
    missing = [name for name in SETS if name not in data]
    if missing:
        raise ChainruleError(f"data: expected {', '.join(SETS)}, got no {', '.join(missing)}")
    for X, y in (SETS[:2], SETS[2:]):
        if len(data[X]) != len(data[y]) or not len(data[y]):
            raise ChainruleError(f"data: expected a label for every image, got {len(data[X])} {X}, {len(data[y])} {y}")
    return {name: data[name] for name in SETS}
