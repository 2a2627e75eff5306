noinst_LIBRARIES += %D%/libtls.a
%C%_libtls_a_SOURCES = %D%/accel.h %D%/boot.c %D%/conn.c %D%/conn.h \
	%D%/ctx.c %D%/ctx.h %D%/file.c %D%/file.h %D%/forge.c %D%/forge.h \
	%D%/material.c %D%/material.h %D%/pinned.c %D%/record.c %D%/record.h \
	%D%/resume.c %D%/resume.h \
	%D%/selftest.c %D%/stranger.c %D%/stranger.h %D%/tls.h \
	%D%/traffic.c %D%/verdict.c %D%/verdict.h %D%/wolf.h
%C%_libtls_a_CPPFLAGS = $(AM_CPPFLAGS) $(WOLFSSL_CFLAGS)
if IPSEC_MB
%C%_libtls_a_SOURCES += %D%/accel_ipsecmb.c
EXTRA_DIST += %D%/accel_none.c
else
%C%_libtls_a_SOURCES += %D%/accel_none.c
EXTRA_DIST += %D%/accel_ipsecmb.c
endif
EXTRA_DIST += %D%/README
