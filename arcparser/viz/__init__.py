"""For people to look at.

The modules in reading order:

- `safe_text`: how wide text is in a terminal
- `graded`: sentences beside gold sentences
- `terminal_tree`: a tree in the terminal
- `show`: trees of files and texts, one after the other
- `page`: what all pages have in common: templates, and the escaping of HTML
- `svg_tree`: a tree as a picture
- `tree_page`: a page of trees
- `tree_files`: the pages of files and texts, linked to each other
- `single_tree`: one tree as SVG, TikZ or PNG
- `framed_page`: a finished page, to be saved or shown in a notebook's frame
- `picture`: what a notebook shows of a sentence
- `notebook`: `arcparser.show` and `arcparser.render`
- `analysis_rows`: the lines of an error analysis
- `tables`: those as text
- `report_page`: those as a page
- `comparison_rows`: the lines of a comparison of systems
- `comparison`: those as text, and as a page with trees
- `curve_plot`: a learning curve as a picture
- `history`: the epochs of a training, as a table
- `history_page`: those as a page with plots
- `explanation`: what there is to say of each step of a parse
- `explain`: a parse step by step, with its probabilities, loss and gradient
- `explain_step`: what a step of gradient descent changes of it
- `explain_sentence`: the same from a text or a file
- `explain_terminal`: that in the terminal
- `explain_page`: that as a page with a slider
- `handout`: that as a page to be printed

The templates of the pages are in `templates/`. The numbers come from evaluation, parsing and training; only what
explains a parse goes through its states itself, for the probabilities, the loss and the gradient of each. Jinja and
rich are loaded when something is drawn, not when a module of this room is imported.
"""
