# Promises: numbers and names that other programs may rely on.
atlaxincludedir = $(includedir)/atlax
atlaxinclude_HEADERS = %D%/atlax/wire.h %D%/atlax/error.h %D%/atlax/exit.h
nodist_atlaxinclude_HEADERS = %D%/atlax/version.h
EXTRA_DIST += %D%/README
