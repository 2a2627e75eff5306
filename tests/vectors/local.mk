# Frames as text; see README.
EXTRA_DIST += %D%/README %D%/frames.txt %D%/handshake.txt %D%/resume.txt \
	%D%/session.txt %D%/streams.txt
