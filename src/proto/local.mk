noinst_LIBRARIES += %D%/libproto.a
%C%_libproto_a_SOURCES =
EXTRA_DIST += %D%/README
