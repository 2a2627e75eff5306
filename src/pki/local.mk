noinst_LIBRARIES += %D%/libpki.a
%C%_libpki_a_SOURCES = %D%/bundle.c %D%/bundle.h %D%/ca.c %D%/ca.h \
	%D%/ca_impl.h %D%/ca_init.c %D%/cert.c %D%/cert.h %D%/crl.c %D%/crl.h %D%/csr.c \
	%D%/csr.h %D%/db.c %D%/db.h %D%/issuer.c \
	%D%/issuer.h %D%/key.c %D%/key.h %D%/listing.c %D%/listing.h \
	%D%/names.c %D%/names.h %D%/operators.c %D%/pair.c %D%/pair.h %D%/pem.c \
	%D%/pem.h %D%/renewal.c %D%/renewal.h %D%/rotate.c %D%/rotate.h \
	%D%/store.c %D%/store.h %D%/trust.c %D%/trust.h \
	%D%/vouchers.c %D%/vouchers.h
%C%_libpki_a_CPPFLAGS = $(AM_CPPFLAGS) $(WOLFSSL_CFLAGS)
EXTRA_DIST += %D%/README
