noinst_LIBRARIES += %D%/liblink.a
%C%_liblink_a_SOURCES =
EXTRA_DIST += %D%/README
