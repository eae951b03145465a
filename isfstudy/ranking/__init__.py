"""`isf compare`: anybody's folders of fused images as the ranked table that a paper needs."""
