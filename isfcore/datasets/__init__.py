"""The study's image sets: where they are published, where they lie, whether they are right, how to fetch them."""
