"""How definition files are read: kinds of values, the grammar made of them, rules between keys, words of faults.

``grammar*.py`` says which keys there are; ``check_*.py`` what must hold between them; ``build_*.py`` makes values of
``stacks.model`` out of what is right. ``stacks/loader.py`` puts them together.
"""
