"""What the form is made of: items, series, structures and levels, straight from where the command line has them."""

from collections.abc import Mapping
from dataclasses import asdict

from reader.parameters import ReadingParameters
from reader.required import FOLLOW_UP, required_items
from segmentation.levels import STANDARD
from segmentation.regions import LESION_REGIONS, Region
from segmentation.vocabulary import Item, items, na_reasons, series_names


def vocabulary(protocol: ReadingParameters) -> Mapping[str, object]:
    """Return everything that the page's form, menus and colours are made of."""
    required = required_items(protocol)
    return {
        "items": [_item(entry, required) for entry in items()],
        "na_reasons": na_reasons(),
        "series": series_names(),
        "regions": [_region(region) for region in Region],
        "discs": STANDARD.discs,
        "vertebrae": STANDARD.vertebrae,
    }


def _item(entry: Item, required: tuple[str, ...]) -> dict[str, object]:
    return {
        **asdict(entry),
        "scope": entry.scope.value,
        "kind": entry.kind.value,
        "required": entry.name in required,
        "required_in_follow_up": entry.name in (*required, *FOLLOW_UP),
    }


def _region(region: Region) -> dict[str, object]:
    return {
        "region": region.value,
        "label": region.label_id,
        "colour": region.colour,
        "lesion": region in LESION_REGIONS,
    }
