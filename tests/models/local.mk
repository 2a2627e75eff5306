# Models of the protocol, searched completely by spin; see README.
MODELS_TESTS = %D%/drain.test %D%/resume.test %D%/stream.test \
	%D%/upgrade.test
ONCE_TESTS += $(MODELS_TESTS)
EXTRA_DIST += $(MODELS_TESTS) %D%/README %D%/lib.sh %D%/drain.pml \
	%D%/resume.pml %D%/stream.pml %D%/upgrade.pml
