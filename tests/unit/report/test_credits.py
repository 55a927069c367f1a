"""Who is named beside a map: everybody, once."""

from types import SimpleNamespace

from bbsim.report.credits import country_credits


def layers(*attributions):
    return SimpleNamespace(
        layers=[SimpleNamespace(attribution=text, source="a source") for text in attributions]
    )


def test_a_layer_of_two_sources_names_nobody_twice():
    country = layers("GeoNames", "Made with Natural Earth", "GeoNames; made with Natural Earth")
    assert country_credits(country) == ["GeoNames", "Made with Natural Earth"]


def test_a_layer_without_an_attribution_names_its_source():
    assert country_credits(layers("", "GeoNames")) == ["a source", "GeoNames"]
