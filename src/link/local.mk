noinst_LIBRARIES += %D%/liblink.a
%C%_liblink_a_SOURCES = %D%/brake.c %D%/brake.h %D%/link.c %D%/link.h %D%/link_freeze.c %D%/link_resume.c \
	%D%/link_rx.c %D%/link_tx.c %D%/pump.h %D%/splice.c %D%/splice.h
EXTRA_DIST += %D%/README
