# shellcheck shell=sh
# lib.sh — spin over a model of this directory; to be sourced. A model holds
# when every state that can be reached was seen and none was wrong: no assertion
# failed, and nobody waited for what cannot come. A mutant, which lacks one rule,
# must be found out.

models_here=$(dirname "$0")
. "$models_here/../tap.sh"
: "${CC:=cc}"
tap_need spin "${CC%% *}"
models_here=$(cd "$models_here" && pwd) || exit 99
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
cd "$tmp" || exit 99

# search MODEL "OPTIONS" "FLAGS OF THE COMPILER" [OPTION OF PAN]: into out; fails
# if there is no verdict. Compiling without -O costs less than it saves.
search() {
	# shellcheck disable=SC2086
	spin -a $2 "$models_here/$1.pml" >out 2>&1 &&
		$CC -w $3 -DNOCLAIM -DMEMLIM=900 -o pan pan.c >>out 2>&1 &&
		./pan -m20000 -w22 ${4-} >out 2>&1 &&
		grep -q '^State-vector.*errors: ' out &&
		! grep -q 'max search depth too small' out
}

states() {
	awk '/ states, stored/ { print $1 }' out
}

# is_flawless: the search saw everything, and nothing wrong
is_flawless() {
	! grep -q -e 'Search not completed' -e '^pan:1:' out &&
		grep -q '^State-vector.*errors: 0$' out
}

# model_holds NAME MODEL "OPTIONS"
model_holds() {
	if search "$2" "$3" -DSAFETY && is_flawless; then
		tap_ok "$1: $(states) states"
	else
		tap_not_ok "$1" out
	fi
}

# model_ends NAME MODEL "OPTIONS": no run goes on for ever. With what
# model_holds says of the states where a run ends, it comes to the good end.
model_ends() {
	if search "$2" "$3" -DNP -l && is_flawless; then
		tap_ok "$1: $(states) states"
	else
		tap_not_ok "$1" out
	fi
}

# mutant_dies NAME MODEL "OPTIONS"
mutant_dies() {
	if search "$2" "$3" -DSAFETY &&
		grep -q -e '^pan:1: assertion violated' \
			-e '^pan:1: invalid end state' out; then
		tap_ok "without it: $1"
	else
		tap_not_ok "without it: $1" out
	fi
}
