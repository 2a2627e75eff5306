noinst_LIBRARIES += %D%/libparse.a
%C%_libparse_a_SOURCES = %D%/cert_walk.c %D%/cert_walk.h %D%/crl.c %D%/crl.h \
	%D%/der.c %D%/der.h %D%/der_out.c %D%/der_out.h %D%/hello_gate.c %D%/hello_gate.h %D%/host.c \
	%D%/host.h %D%/identity.c %D%/identity.h %D%/record_guard.c \
	%D%/record_guard.h
%C%_libparse_a_CFLAGS = $(AM_CFLAGS) $(ATLAX_STRICT_CFLAGS)
EXTRA_DIST += %D%/README
