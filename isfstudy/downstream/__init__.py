"""Do machines see more in these fused images? Notebooks `06_detection` and `07_segmentation`.

A detector and a segmentation network are trained on the images of every input, under one discipline, and scored. Read
the modules in this order:

    split, labels            the labelled pairs: which to train on, which to test on
    inputs                   what machines are shown: sources, their average, fused images
    training                 one loop for both networks, which follows from the seed
    detector, segmenter      the networks (`vision_operators`: torchvision beside a CPU build of torch)
    runs                     a training, kept by all that it depends on
    regimes                  which images are trained on and tested on: `own`, `from visible`, `adapted`
    setting                  how a page opens: from its parameters to all of the above
    intervals                scores with the images resampled, and whether they follow image quality
    scoring                  the scores of all that was found (`detection_scores`, `standard_evaluator`,
                             `segmentation_scores`: of boxes, and of class maps)
    tables, examples         what a page computes
    base_seeds               further seeds of the base network, and one that has not seen the average
    further                  the trained detector on other images: blurred ones, a second set
    sections, figures        what it shows (`sentences`: in words; `further_...`: of the two before)
"""
