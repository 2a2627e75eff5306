# fish completion of atlax, atlax-relay and atlax-agent. What may come next the
# programs say themselves.
function __atlax_words
	set -l said (commandline -opc)
	for line in ($said --words 2>/dev/null)
		switch $line
			case :files
				__fish_complete_path (commandline -ct)
			case :directories
				__fish_complete_directories (commandline -ct)
			case '*'
				echo $line
		end
	end
end
for program in atlax atlax-relay atlax-agent
	complete -c $program -f -a '(__atlax_words)'
end
