"""The columns of the tables that runs leave: the one place that names them."""

METRIC_COLUMNS = ("method", "preset", "pairs", "seed", "epoch", "task", "probe", "metric", "value")
LOSS_COLUMNS = ("epoch", "term", "value")
