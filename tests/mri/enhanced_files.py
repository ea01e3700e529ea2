"""Enhanced multi-frame files made of classic slices."""

from collections.abc import Sequence

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as Items
from pydicom.uid import EnhancedMRImageStorage

from tests.mri.dicom_files import make_series

_MOVED = ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "EchoTime", "RepetitionTime")


def item(**values: object) -> Items:
    """Return a sequence of one item."""
    dataset = Dataset()
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    return Items([dataset])


def enhanced(classic: Sequence[Dataset], order: Sequence[int]) -> Dataset:
    """Return the slices of a classic series as one file, in some order."""
    (whole,) = make_series(slices=1, SOPClassUID=EnhancedMRImageStorage, **dict.fromkeys(_MOVED))
    whole.NumberOfFrames = len(order)
    whole.PixelData = b"".join(classic[k].PixelData for k in order)
    whole.SharedFunctionalGroupsSequence = item(
        PlaneOrientationSequence=item(ImageOrientationPatient=list(classic[0].ImageOrientationPatient)),
        PixelMeasuresSequence=item(PixelSpacing=[0.9, 0.8], SliceThickness=3.0, SpacingBetweenSlices=3.3),
        MREchoSequence=item(EffectiveEchoTime=10.0),
        MRTimingAndRelatedParametersSequence=item(RepetitionTime=600.0, FlipAngle=150.0),
    )
    frames = [
        item(
            PlanePositionSequence=item(ImagePositionPatient=list(classic[k].ImagePositionPatient)),
            FrameContentSequence=item(StackID="1", InStackPositionNumber=number, DimensionIndexValues=[number]),
        )[0]
        for number, k in enumerate(order, start=1)
    ]
    whole.PerFrameFunctionalGroupsSequence = Items(frames)
    return whole


def of_volumes(*volumes: Sequence[Dataset], **named: Sequence[object]) -> Dataset:
    """Return several classic series as one file, frame by frame in turn.

    ``named`` gives each volume a value of StackID, TemporalPositionIndex, EffectiveEchoTime or FrameType.
    """
    places = [(number, dataset) for datasets in zip(*volumes, strict=True) for number, dataset in enumerate(datasets)]
    whole = enhanced([dataset for _, dataset in places], range(len(places)))
    for (number, dataset), frame in zip(places, whole.PerFrameFunctionalGroupsSequence, strict=True):
        frame.PlaneOrientationSequence = item(ImageOrientationPatient=list(dataset.ImageOrientationPatient))
        for keyword, values in named.items():
            value = values[number]
            if keyword == "EffectiveEchoTime":
                frame.MREchoSequence = item(EffectiveEchoTime=value)
            elif keyword == "FrameType":
                frame.MRImageFrameTypeSequence = item(FrameType=value)
            else:
                setattr(frame.FrameContentSequence[0], keyword, value)
    del whole.SharedFunctionalGroupsSequence[0].PlaneOrientationSequence
    if "EffectiveEchoTime" in named:
        del whole.SharedFunctionalGroupsSequence[0].MREchoSequence
    return whole
