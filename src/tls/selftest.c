#include "tls/ctx.h"
int
selftest_run(struct tls_ctx *ctx, struct err *e)
{
	(void)ctx;
	(void)e;
	return 0;
}
