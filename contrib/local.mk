EXTRA_DIST += %D%/README %D%/packages

include %D%/systemd/local.mk
