noinst_LIBRARIES += %D%/libparse.a
%C%_libparse_a_SOURCES =
EXTRA_DIST += %D%/README
