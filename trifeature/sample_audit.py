"""What drawn samples of n images hold: how often rules are obeyed, and information in bits."""

from trifeature.images.factors import FactorCounts, column
from trifeature.images.image_sets import ImageSet
from trifeature.information.design_profiles import empirical_profile, exact_profile
from trifeature.information.profile import Profile, subset_name
from trifeature.information.shared import shared_information
from trifeature.pairs.draw import PairSet
from trifeature.samples.design import SampleDesign
from trifeature.samples.latin import LatinArray, obeying

from .dataset.image_samples import ImageSamples


def audit_samples(data: ImageSamples, counts: FactorCounts) -> str:
    """A report on the pretraining samples and on the unbiased samples that score the probes.

    Args:
        data: the dataset.
        counts: how many values each factor has.
    """
    parts = []
    for title, images, samples, design in (
        ("Pretraining samples", data.train, data.pretrain, data.design),
        (
            "Probing samples (unbiased, from test images)",
            data.test,
            data.probe_test,
            data.design.unbiased,
        ),
    ):
        drawn = empirical_profile(images, samples, design, counts, data.arrays)
        ideal = exact_profile(design, counts, data.arrays)
        parts += [
            f"{title}: {len(samples):,} of {design.images} images",
            rule_rates(images, samples, design, data),
            f"what the images share by design: {shared_information(design, counts, data.arrays)}",
            profile_table(drawn, ideal),
        ]
    parts.append(_limits(data))
    return "\n\n".join(filter(None, parts))


def rule_rates(images: ImageSet, samples: PairSet, design: SampleDesign, data: ImageSamples) -> str:
    """In how many samples each rule holds by design, and in how many it does, some by chance."""
    factors = images.factors[samples.index]
    of_rule: dict[object, LatinArray] = dict(zip(design.latin, data.arrays, strict=True))
    rates = []
    for rule in design.rules:
        values = [factors[:, each.image - 1, column(each.factor)] for each in rule.factors]
        obeys = obeying(values, of_rule.get(rule))
        rates.append((str(rule), rule.strength, float(obeys.mean())))
    width = max(len(said) for said, _, _ in rates)
    return "\n".join(
        f"  {said:<{width}}  by design in {100 * strength:g} %, obeyed in {100 * rate:.1f} %"
        for said, strength, rate in rates
    )


def profile_table(drawn: dict[str, Profile], ideal: dict[str, Profile]) -> str:
    """The bits that each subset of images has about each task, as drawn above ideal."""
    subsets = list(next(iter(ideal.values())).bits)
    width = max(map(len, ideal))
    wide = max(7, len(subset_name(subsets[-1])) + 1)
    indent = " " * (width + 14)
    lines = [
        f"bits about{indent[10:]}" + "".join(f"{subset_name(s):>{wide}}" for s in subsets),
    ]
    for task in ideal:
        for said, profile in (("as drawn", drawn[task]), ("ideal", ideal[task])):
            # Adding 0 turns a rounded −0 into 0.
            cells = "".join(f"{round(profile.bits[s], 3) + 0:>{wide}.3f}" for s in subsets)
            name = task if said == "as drawn" else ""
            lines.append(f"  {name:<{width}}  {said:<10}{cells}")
    return "\n".join(lines)


def _limits(data: ImageSamples) -> str:
    """What scores of few images at once reach on the match bits."""
    said = {"additive": "sums of terms of one image", "pairwise": "sums of terms of two, or more"}
    return "\n".join(
        f"balanced accuracy on {task} without the interaction: "
        + ", ".join(f"{100 * limit:.1f} % by {said[kind]}" for kind, limit in limits.items())
        for task, limits in data.limits.items()
    )
