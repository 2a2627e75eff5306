noinst_LIBRARIES += %D%/libpki.a
%C%_libpki_a_SOURCES =
EXTRA_DIST += %D%/README
