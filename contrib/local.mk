EXTRA_DIST += %D%/README %D%/packages
