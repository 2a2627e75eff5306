# bash completion of atlax, atlax-relay and atlax-agent. What may come next the
# programs say themselves: see src/cmd/options.h.
_atlax() {
	local cur=${COMP_WORDS[COMP_CWORD]} word
	local words=()

	# --name=value arrives as three words.
	for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
		[[ $word == = ]] || words+=("$word")
	done
	[[ $cur != = ]] || cur=
	COMPREPLY=()
	while IFS=$'\t' read -r word _; do
		case $word in
		:files | :directories)
			compopt -o filenames
			[[ $word == :files ]] && word=-f || word=-d
			mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen "$word" -- "$cur")
			;;
		"$cur"*) COMPREPLY+=("$word") ;;
		esac
	done < <("$1" "${words[@]}" --words 2>/dev/null)
}
complete -F _atlax atlax atlax-relay atlax-agent
