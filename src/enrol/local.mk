noinst_LIBRARIES += %D%/libenrol.a
%C%_libenrol_a_SOURCES = %D%/key_text.c %D%/key_text.h \
	%D%/message.c %D%/message.h \
	%D%/pin.c %D%/pin.h %D%/queue.c %D%/queue.h %D%/queue_freeze.c %D%/server.c %D%/server.h \
	%D%/signer.c %D%/signer.h %D%/signer_socket.c %D%/signer_voucher.c \
	%D%/voucher.c %D%/voucher.h \
	%D%/words.c %D%/words.h
EXTRA_DIST += %D%/README
