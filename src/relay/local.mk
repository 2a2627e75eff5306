noinst_LIBRARIES += %D%/librelay.a
%C%_librelay_a_SOURCES =
EXTRA_DIST += %D%/README
