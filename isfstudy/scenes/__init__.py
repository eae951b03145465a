"""What can the study run on without downloads? Street scenes drawn from a structural model, with all labels.

Notebook 01 writes them; every notebook works on them where no published set is named.
"""
