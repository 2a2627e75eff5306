/* badheir.c — in place of a relay that takes over: gets ready, is given everything,
 * and ends without a word. Whatever it was given must not be missed.         */
#include <stdlib.h>
#include <unistd.h>

#include "relay/handover.h"

int
main(void)
{
	const char *text = getenv(HANDOVER_ENV);
	int fd = text == NULL ? -1 : (int)strtol(text, NULL, 10);
	struct handover_msg hello = { .type = HANDOVER_HELLO };
	struct handover_msg ready = { .type = HANDOVER_READY }, m;
	struct buf fds;
	struct err e;

	buf_init(&fds);
	if (fd < 0 || handover_send(fd, &hello, NULL, &e) < 0 ||
	    handover_expect(fd, HANDOVER_PORTS, 10000, &fds, &m, &e) < 0 ||
	    handover_send(fd, &ready, NULL, &e) < 0 ||
	    handover_expect(fd, HANDOVER_STATE, 10000, &fds, &m, &e) < 0)
		return 1;
	_exit(0);
}
