EXTRA_DIST += %D%/STYLE %D%/decisions/0001-licence \
	%D%/decisions/0002-build-system
