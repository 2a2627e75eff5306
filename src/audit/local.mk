noinst_LIBRARIES += %D%/libaudit.a
%C%_libaudit_a_SOURCES = %D%/chain.c %D%/chain.h %D%/trail.c %D%/trail.h
%C%_libaudit_a_CPPFLAGS = $(AM_CPPFLAGS) $(WOLFSSL_CFLAGS)
EXTRA_DIST += %D%/README
