"""Any country's pack from the data packages alone, by stated rules: nobody counted twice, nobody left out.

`indicators` says how many people there are, `ground` where land is, `settled` who lives in which listed
place, `carried` which corridors there are, `joined` how islands and exclaves hang together, `builder`
makes the pack of it all and `told` says what was corrected and what is doubtful.
"""
