noinst_LIBRARIES += %D%/libio.a
%C%_libio_a_SOURCES =
EXTRA_DIST += %D%/README
