#!/bin/sh
# embed.sh DIR — the completions as one C file, to standard output.
dir=$1
echo '/* Made by src/cmd/completion/embed.sh. */'
echo '#include "cmd/completion.h"'
echo 'const struct completion completions[COMPLETIONS] = {'
for shell in bash:atlax.bash zsh:_atlax fish:atlax.fish; do
	printf '\t{ "%s",\n' "${shell%%:*}"
	sed -e 's/[\\"]/\\&/g' -e 's/.*/\t  "&\\n"/' "$dir/${shell#*:}"
	printf '\t},\n'
done
echo '};'
