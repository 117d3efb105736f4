"""Jinja2 templates of the report: every value is escaped, and one that is missing is an error."""

import functools
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup


def render(template: str, **values: object) -> Markup:
    """Fill a file of ``templates/``; the result can be put into another template as it is.

    Args:
        template: the file's name.
        values: what the template names. Texts are escaped, `Markup` is not.

    Raises:
        jinja2.TemplateError: the template is missing or wrong, or names a value that is not given.
    """
    return Markup(_environment().get_template(template).render(values))


@functools.cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("interaction_probes.reporting"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["verbatim"] = functools.partial(_verbatim, environment)
    return environment


def _verbatim(environment: Environment, name: str) -> Markup:
    """A file of ``templates/`` that is no template, such as a script: braces mean nothing in it."""
    loader: Any = environment.loader
    return Markup(loader.get_source(environment, name)[0])
