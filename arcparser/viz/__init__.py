"""For people to look at: trees, tables, explanations, in the terminal and on pages.

The modules in reading order: `safe_text`, `terminal_tree`, `show`, `tables`, `page`, `svg_tree`, `tree_page`,
`report_page`, `explanation`, `explain`, `explain_sentence`, `explain_terminal`, `explain_page`.
"""
