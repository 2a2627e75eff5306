if HAVE_CHECK
check_PROGRAMS += %D%/test_key_text
TESTS += %D%/test_key_text
check_PROGRAMS += %D%/test_message
TESTS += %D%/test_message
check_PROGRAMS += %D%/test_pin
TESTS += %D%/test_pin
check_PROGRAMS += %D%/test_queue
TESTS += %D%/test_queue
check_PROGRAMS += %D%/test_signer
TESTS += %D%/test_signer
check_PROGRAMS += %D%/test_voucher
TESTS += %D%/test_voucher
check_PROGRAMS += %D%/test_words
TESTS += %D%/test_words
endif
