"""The image sets of the study: where they are published, how they are laid out, what to know of them.

A set lies below the data root in the layout its authors publish it in. `isfcore.datasets.local` finds its pairs,
`isfcore.datasets.manifest` says whether they are the published ones, `isfcore.datasets.fetch` brings what is missing.
"""

from __future__ import annotations

from dataclasses import dataclass, field

# The authors' checkpoint: where it lies below the data root, the SHA-256 of its bytes, and where it is published, as
# `DataSet.addresses` says it.
RELEASED_WEIGHTS = "weights/isf_released.pth"
RELEASED_SHA256 = "e8830268ad16eee19183360e26fee1480f7494e916b2c327899ae3faa9ff66bc"
RELEASED_ADDRESS = (
    "wang-x-1997/Multi-Modal-Image-Fusion-via-Intervention-Stable-Feature-Learning/"
    "52601b553faba562026e1fe48816c7806d4fad5c/best.pth"
)
# The fused images published with it, the folder `Fused` of the same commit: where they lie below the data root.
RELEASED_OUTPUTS = "authors_outputs"

NO_LICENCE = "none stated for the images: use and cite them, do not redistribute them"
BY_COMMAND = "run `isf data fetch {name}`"


@dataclass(frozen=True)
class DataSet:
    """One image set, with the facts its data card shows."""

    name: str
    folder: str  # below the data root; "{split}" where the set has one folder a split
    infrared: str  # folder of the infrared (or structural) images
    visible: str  # folder of the visible (or functional) images
    pairs: dict[str, int]  # split -> pairs in the published set; 0 where the set is made on the spot
    source: str
    citation: str
    obtain: str  # what a user has to do to get it
    licence: str = NO_LICENCE
    labels: str = ""  # folder of the segmentation labels
    label_names: tuple[str, ...] = ()  # name of each label value, from 0
    boxes: str = ""  # folder of the boxes: YOLO text, one file an image, empty where there is no object
    box_names: tuple[str, ...] = ()  # name of each box class, from 0
    caveats: tuple[str, ...] = ()
    # Where the public host keeps a file, likeliest place first, by its folder: owner/repository/commit/path, with
    # {split}, {stem} and {number}, the stem without leading zeros. None for a set that is not there. The places were
    # read off public listings and scripts, not tried; should one be wrong, a fetch names the files it did not get.
    addresses: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def modalities(self) -> tuple[str, ...]:
        """The folders that hold images: infrared, visible and, where there are any, labels."""
        return tuple(filter(None, (self.infrared, self.visible, self.labels)))


MSRS_LABELS = ("unlabelled", "car", "person", "bike", "curve", "car stop", "guardrail", "colour cone", "bump")
MSRS_BOXES = ("person", "bicycle", "car")


def _numbered(folder: str, extension: str) -> dict[str, tuple[str, ...]]:
    """Addresses of a test set of AUIF-Net, whose pairs are numbered from 1.

    The sister repository holds files of the same names; should their pixels be others, the manifest refuses them.
    """
    return {
        modality: tuple(
            f"Zhaozixiang1228/{repository}/HEAD/Datasets/{folder}/{name}{{number}}.{extension}"
            for repository in ("IVIF-AUIF-Net", "IVIF-DIDFuse")
        )
        for modality, name in (("ir", "IR"), ("vi", "VIS"))
    }


def _whole_brain_atlas(functional: str, count: int) -> DataSet:
    """MRI with a functional image of the same head, as CDDFuse gives them away."""
    name = f"MRI_{functional}"
    return DataSet(
        name=name,
        folder=name,
        infrared="MRI",
        visible=functional,
        pairs={"test": count},
        source=f"https://github.com/Zhaozixiang1228/MMIF-CDDFuse (test_img/{name})",
        citation="Zhao et al., CDDFuse, CVPR 2023 (images of Harvard's Whole Brain Atlas)",
        obtain=BY_COMMAND.format(name=name),
        caveats=(
            f"Table 5 uses 20 pairs that are named nowhere; these are the {count} pairs of the source.",
            f"{functional} plays the visible image, MRI the infrared one.",
        ),
        addresses={
            modality: (f"Zhaozixiang1228/MMIF-CDDFuse/HEAD/test_img/{name}/{modality}/{{stem}}.png",)
            for modality in ("MRI", functional)
        },
    )


DATASETS: dict[str, DataSet] = {
    "MSRS": DataSet(
        name="MSRS",
        folder="MSRS/{split}",
        infrared="ir",
        visible="vi",
        pairs={"train": 1083, "test": 361},
        labels="Segmentation_labels",
        label_names=MSRS_LABELS,
        boxes="detection_labels",
        box_names=MSRS_BOXES,
        source="https://github.com/Linfeng-Tang/MSRS (boxes: https://github.com/Lele-3/MSRS-detection-label)",
        citation="Tang et al., PIAFusion, Information Fusion 2022; built on MFNet, Ha et al., IROS 2017",
        obtain=BY_COMMAND.format(name="MSRS") + " (about 673 MB)",
        caveats=(
            "The test split takes every fourth frame of the same drives: train and test share scenes.",
            "The infrared images were enhanced by the publishers of the set.",
            "Boxes come from another group and were drawn on fused images; an empty file means no object.",
        ),
        # Behind the publishers' own repository two that hold a copy: of the training split, and of the test split.
        addresses={
            modality: (
                f"Linfeng-Tang/MSRS/HEAD/{{split}}/{modality}/{{stem}}.png",
                f"TWNMT/CV/HEAD/MSRS_{{split}}/{{split}}/{modality}/{{stem}}.png",
                f"tianzhiya/DECFusion/HEAD/dataset/MSRS/{copied}/{{split}}/MSRS/{{stem}}.png",
            )
            for modality, copied in (("ir", "Infrared"), ("vi", "Visible"), ("Segmentation_labels", "Label"))
        }
        | {"detection_labels": ("Lele-3/MSRS-detection-label/HEAD/fusion/{split}/{stem}.txt",)},
    ),
    "TNO": DataSet(
        name="TNO",
        folder="TNO",
        infrared="ir",
        visible="vi",
        pairs={"test": 40},
        source="https://github.com/Zhaozixiang1228/IVIF-AUIF-Net (Datasets/Test_data_TNO)",
        citation="Toet, The TNO Multiband Image Data Collection, Data in Brief 2017; "
        "selection of Zhao et al., AUIF-Net, TCSVT 2022",
        obtain=BY_COMMAND.format(name="TNO"),
        caveats=(
            "Selections of 20 to 42 TNO pairs are in use; this one, upstream IR1 to IR40, is the paper's.",
            "The visible images are grey, and some scenes appear more than once.",
        ),
        addresses=_numbered("Test_data_TNO", "bmp"),
    ),
    "RoadScene": DataSet(
        name="RoadScene",
        folder="RoadScene",
        infrared="cropinfrared",
        visible="crop_LR_visible",
        pairs={"test": 221},
        source="https://github.com/hanna-xu/RoadScene",
        citation="Xu et al., FusionDN, AAAI 2020 (frames of the FLIR ADAS video)",
        obtain=BY_COMMAND.format(name="RoadScene"),
        caveats=(
            "Sizes vary, and only these two of the upstream folders are registered to each other.",
            "JPEG upstream: the hashes hold for libjpeg-turbo, the decoder in Pillow's wheels.",
            "No split is published: the paper validates on the set, here it is one split named `test`.",
        ),
        addresses={
            "cropinfrared": ("hanna-xu/RoadScene/HEAD/cropinfrared/{stem}.jpg",),
            "crop_LR_visible": ("hanna-xu/RoadScene/HEAD/crop_LR_visible/{stem}.jpg",),
        },
    ),
    "FLIR": DataSet(
        name="FLIR",
        folder="FLIR",
        infrared="ir",
        visible="vi",
        pairs={"test": 40},
        source="https://github.com/Zhaozixiang1228/IVIF-AUIF-Net (Datasets/Test_data_FLIR)",
        citation="frames of the FLIR ADAS video; selection of Zhao et al., AUIF-Net, TCSVT 2022",
        obtain=BY_COMMAND.format(name="FLIR"),
        caveats=(
            "The paper does not name this set; the script that its authors released reads it, cut to multiples of 16.",
            "Its infrared images are, pixel by pixel, 40 of RoadScene's, its visible ones those pairs' in grey.",
            "JPEG upstream: the hashes hold for libjpeg-turbo, the decoder in Pillow's wheels.",
        ),
        addresses=_numbered("Test_data_FLIR", "jpg"),
    ),
    "M3FD": DataSet(
        name="M3FD",
        folder="M3FD",
        infrared="Ir",
        visible="Vis",
        pairs={"test": 4200},
        boxes="labels",
        box_names=("People", "Car", "Bus", "Lamp", "Motorcycle", "Truck"),
        source="https://github.com/JinyuanLiu-CV/TarDAL",
        citation="Liu et al., TarDAL, CVPR 2022",
        obtain=(
            "it lies on cloud drives only, so by hand: open the source page, follow its M3FD link, download "
            "`M3FD_Detection.zip` (5.7 GB), unpack it and place its folders `Ir` and `Vis` in {folder}; "
            "boxes, if wanted, go to {folder}/labels as YOLO text (upstream: XML in `Annotation`). "
            "Then run `isf data verify M3FD`"
        ),
        caveats=(
            "The manifest knows 42 of the 4200 pairs; any other file is reported as unlisted, not as wrong.",
            "No split is published and the paper does not name its test images: one split named `test`.",
        ),
    ),
    "MRI_PET": _whole_brain_atlas("PET", 42),
    "MRI_SPECT": _whole_brain_atlas("SPECT", 73),
    "scenes": DataSet(
        name="scenes",
        folder="scenes/{split}",
        infrared="ir",
        visible="vi",
        pairs={"train": 0, "test": 0},
        labels="Segmentation_labels",
        label_names=MSRS_LABELS,
        boxes="detection_labels",
        box_names=MSRS_BOXES,
        source="made by isfstudy.scenes.scenes",
        citation="this repository",
        licence="that of this repository",
        obtain="call `isfstudy.scenes.scenes.write_scenes`",
        caveats=("Synthetic: it shows that the study runs, and tests mechanisms; it is no benchmark.",),
    ),
}


def data_set(name: str, split: str = "") -> DataSet:
    """The set called `name`. Raises ValueError for an unknown set, or a split it does not have."""
    if name not in DATASETS:
        raise ValueError(f"unknown data set {name!r}; known: {', '.join(DATASETS)}")
    if split and split not in DATASETS[name].pairs:
        raise ValueError(f"{name} has no split {split!r}; it has: {', '.join(DATASETS[name].pairs)}")
    return DATASETS[name]
