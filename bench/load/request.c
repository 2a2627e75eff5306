/* request.c — the sixteen bytes of a request and of a receipt, big-endian. Any
 * thread. Only our own programs speak this: an operation nobody knows is
 * refused by the service, not here.                                          */
#include "load/request.h"

#include "base/cursor.h"

void
request_write(const struct request *rq, uint8_t out[REQUEST_LEN])
{
	struct writer w;

	writer_init(&w, out, REQUEST_LEN);
	writer_u8(&w, rq->op);
	writer_u8(&w, rq->verify);
	writer_zero(&w, 2);
	writer_u32(&w, rq->stream);
	writer_u64(&w, rq->count);
}

struct request
request_read(const uint8_t in[REQUEST_LEN])
{
	struct request rq = { 0 };
	struct reader r;

	reader_init(&r, slice_of(in, REQUEST_LEN));
	rq.op = reader_u8(&r);
	rq.verify = reader_u8(&r) != 0;
	reader_skip(&r, 2);
	rq.stream = reader_u32(&r);
	rq.count = reader_u64(&r);
	return rq;
}

void
receipt_write(const struct receipt *rp, uint8_t out[RECEIPT_LEN])
{
	struct writer w;

	writer_init(&w, out, RECEIPT_LEN);
	writer_u64(&w, rp->bytes);
	writer_u64(&w, rp->bad);
}

struct receipt
receipt_read(const uint8_t in[RECEIPT_LEN])
{
	struct receipt rp = { 0 };
	struct reader r;

	reader_init(&r, slice_of(in, RECEIPT_LEN));
	rp.bytes = reader_u64(&r);
	rp.bad = reader_u64(&r);
	return rp;
}
