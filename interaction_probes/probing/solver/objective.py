"""Objectives of logistic regression with an L2 penalty: one label of classes, or many columns."""

import torch
from torch import Tensor
from torch.nn import functional as F

from interaction_probes.common.processor import processor_name

#: Logits that are in memory at a time: 8 MB in float64.
LOGITS_AT_A_TIME = 1 << 20
#: Elements of the features that a CPU reads at a time, 2 MB in float32, ...
FEATURES_AT_A_TIME = 1 << 19
#: ... or more where they are of fewer samples than this. Both products of an evaluation find a part
#: in the cache: 10,000 samples of width 256 and ten classes take 2.1 ms so, 2.3 ms all at once
#: (AMD EPYC, one thread).
SAMPLES_AT_A_TIME = 1000
#: Logits are cut at this distance. Probabilities beyond it change no sum; as denormal numbers they
#: would make the matrix products of a near-perfect probe three times slower.
LOGIT_CLAMP = 60.0


class LogisticColumns:
    """c binary regressions of the same features: the sum of mean cross-entropy + λ/2 · ‖w‖².

    In scikit-learn's terms λ = 1 / (C · n). No bias is penalised. The regressions are independent,
    and are solved together. Parameters are d weights and a bias per regression: [c, d + 1].

    Args:
        features: [n, d], rotated by a PCABasis, so that their variance ascends.
        variance: [d], about the second moment of each rotated feature.
        positive: [c, n], 1 where a sample is positive and 0 where it is not, in the features' type.
    """

    def __init__(self, features: Tensor, variance: Tensor, positive: Tensor) -> None:
        self.n, d = features.shape
        self.rows = len(positive)
        self.features = torch.cat([features, torch.ones_like(features[:, :1])], dim=1)
        step = _samples_at_a_time(self.features, self.rows)
        self.parts = [slice(start, start + step) for start in range(0, self.n, step)]
        # [d + 1, step] each: few rows multiply what is transposed twice as fast
        self.transposed = [self.features[part].T.contiguous() for part in self.parts]
        self.second_moment = torch.cat([variance, torch.ones_like(variance[:1])])
        self.penalty_mask = torch.ones_like(self.second_moment)
        self.penalty_mask[d] = 0  # the bias
        self.target = positive @ self.features / self.n
        self.class_shares = positive.mean(1)
        self.positive = positive

    @property
    def origin(self) -> Tensor:
        """All weights and biases 0."""
        return torch.zeros_like(self.target)

    def evaluate(self, parameters: Tensor, penalty: float) -> tuple[Tensor, Tensor]:
        """Objective and gradient [c, d + 1]."""
        loss, gradient = self.cross_entropy(parameters)
        shrink = penalty * self.penalty_mask * parameters
        return loss + 0.5 * (shrink * parameters).sum(), gradient + shrink

    def cross_entropy(self, parameters: Tensor) -> tuple[Tensor, Tensor]:
        """Mean cross-entropy in nats, without the penalty, and its gradient [c, d + 1]."""
        loss, product = self._sums(parameters, 0)
        for k in range(1, len(self.parts)):
            further_loss, further_product = self._sums(parameters, k)
            loss += further_loss
            product += further_product
        return loss, product / self.n - self.target

    def _sums(self, parameters: Tensor, k: int) -> tuple[Tensor, Tensor]:
        """Part k of the samples: their share of the mean loss, and Σ p xᵀ [c, d + 1]."""
        loss, probability = self._predict(parameters, k)
        if probability.shape[1] < self.n:
            loss *= probability.shape[1] / self.n
        # Use the memory layout of the logits: both layouts would evict each other from the cache.
        transposed = self.transposed[k]
        if _rows_first(self.features):
            return loss, probability @ transposed.T
        return loss, (transposed @ probability.T).T

    def hessian_weights(self, parameters: Tensor) -> Tensor:
        """p (1 − p), or more where a sample is misclassified: [c, n]."""
        probability = self.features.new_empty(self.rows, self.n)
        for k, part in enumerate(self.parts):
            probability[:, part] = self._predict(parameters, k)[1]
        # A sample that is misclassified now passes p = 1/2 on the way to the minimum, so the loss
        # has more curvature along the way than p (1 - p) at the start.
        positive = self._of_positives(probability)
        # A regression at a time, in place: of a thousand classes a copy is larger than the data.
        for row in probability:
            torch.maximum((1 - row).mul_(row), row.square().div_(4), out=row)
        wrong = (1 - positive).square_().div_(4)
        return self._set_positives(probability, torch.maximum((1 - positive).mul_(positive), wrong))

    def _predict(self, parameters: Tensor, k: int) -> tuple[Tensor, Tensor]:
        """Mean cross-entropy in nats, summed over the regressions, and probabilities [c, m].

        Both are of part k of the samples, of which there are m.
        """
        logits = parameters @ self.transposed[k]
        loss = F.softplus(logits * (1 - 2 * self.positive[:, self.parts[k]])).mean() * self.rows
        return loss, logits.clamp_(-LOGIT_CLAMP, LOGIT_CLAMP).sigmoid_()

    def _of_positives(self, probability: Tensor) -> Tensor:
        """The probabilities of what is positive, others as they are: [c, n]."""
        return probability.clone()

    def _set_positives(self, values: Tensor, of_positives: Tensor) -> Tensor:
        """Values [c, n] with other ones where a sample is positive."""
        return torch.where(self.positive > 0, of_positives, values)


def _samples_at_a_time(features: Tensor, rows: int) -> int:
    """How many samples an evaluation reads at a time, of features [n, d] and rows of logits."""
    most = max(1, LOGITS_AT_A_TIME // rows)
    if features.is_cuda:  # which is the faster the more there is to do at once
        return most
    return min(most, max(SAMPLES_AT_A_TIME, FEATURES_AT_A_TIME // features.shape[1]))


def _rows_first(features: Tensor) -> bool:
    """Whether p xᵀ is faster than the transpose of x pᵀ.

    It depends on the threads and on the maker of the processor, whose products libraries choose by
    it: 1.9 and .9 ms on one thread of a Xeon, .6 and 1.3 on two, 1.0 and 1.5 on one of an AMD EPYC
    (10,000 samples of width 256, float32).
    """
    of_amd = processor_name().startswith("AMD ") or "AuthenticAMD" in processor_name()
    return features.is_cuda or torch.get_num_threads() > 1 or of_amd


class Logistic(LogisticColumns):
    """The objective mean cross-entropy + λ/2 · ‖W‖² of one label of several classes.

    Two classes share one row of logits, as in scikit-learn; of more, each has its own.

    Args:
        features: [n, d], rotated by a PCABasis, so that their variance ascends.
        variance: [d], about the second moment of each rotated feature.
        labels: int64 [n] in 0..classes − 1.
        classes: number of classes.
    """

    def __init__(self, features: Tensor, variance: Tensor, labels: Tensor, classes: int) -> None:
        rows = 1 if classes == 2 else classes
        # Not by F.one_hot, whose int64 of a thousand classes would be larger than the data.
        one_hot = features.new_zeros(len(labels), classes).scatter_(1, labels[:, None], 1)
        one_hot = one_hot.T[-rows:]  # [c, n]
        super().__init__(features, variance, one_hot)
        self.labels = labels[None]
        # Only where there is one row of logits: of a thousand classes this is as large as the data,
        # and a view of it would keep it.
        self.positive = one_hot if rows == 1 else one_hot[:0].clone()

    def class_frequencies(self) -> Tensor:
        """No weights; the biases predict the frequencies of the classes."""
        parameters = self.origin
        share = self.class_shares.clamp(1e-12, 1 - 1e-12)
        parameters[:, -1] = share.log() if self.rows > 1 else share.logit()
        return parameters

    def _predict(self, parameters: Tensor, k: int) -> tuple[Tensor, Tensor]:
        """Mean cross-entropy in nats and probabilities [c, m], of part k of the samples."""
        if self.rows == 1:
            return super()._predict(parameters, k)
        logits = parameters @ self.transposed[k]
        # Samples lie innermost, where arithmetic over classes is vectorised; the loss is taken
        # relative to the true class's logit, so that a loss near 0 keeps its digits.
        true = logits.gather(0, self.labels[:, self.parts[k]])
        top = logits.amax(0, keepdim=True)
        probability = logits.sub_(top).clamp_(min=-LOGIT_CLAMP).exp_()
        total = probability.sum(0, keepdim=True)
        loss = (total.log() + (top - true)).mean()
        probability /= total
        return loss, probability

    def _of_positives(self, probability: Tensor) -> Tensor:
        if self.rows == 1:
            return super()._of_positives(probability)
        return probability.gather(0, self.labels)

    def _set_positives(self, values: Tensor, of_positives: Tensor) -> Tensor:
        if self.rows == 1:
            return super()._set_positives(values, of_positives)
        return values.scatter_(0, self.labels, of_positives)
