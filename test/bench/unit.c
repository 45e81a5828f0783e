/* Units and their IDevIDs, see bench.h. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <errno.h>
#include <openssl/ecdsa.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/file.h"
#include "base/text.h"
#include "bench.h"
#include "crypto/hash/hash.h"
#include "envelope/csr.h"
#include "ipc/channel.h"
#include "x509/certificate.h"

#define WAIT_MS 30000

static const uint8_t ECDSA_SHA256[] = { 0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86,
	0x48, 0xce, 0x3d, 4, 3, 2 };

void
unit_make(struct unit *d)
{
	memset(d, 0, sizeof(*d));
	d->key = EC_KEY_new_by_curve_name(NID_X9_62_prime256v1);
	if (d->key == NULL || EC_KEY_generate_key(d->key) != 1)
		fatal("a key could not be made");
}

static void
csr_make(const struct unit *d, struct buf *out)
{
	uint8_t info[CSR_MAX], digest[32], signature[80], spki[SPKI_MAX];
	uint8_t *at = spki, *room;
	unsigned signature_len;
	size_t info_len;
	int spki_len = i2d_EC_PUBKEY(d->key, &at);

	buf_init(out, CSR_MAX);
	room = buf_reserve(out, CSR_MAX);
	if (spki_len <= 0 ||
	    !csr_render(span_of(spki, (size_t)spki_len), "unit", NULL, info,
		sizeof(info), &info_len))
		fatal("a request does not fit");
	sha256(span_of(info, info_len), digest);
	if (ECDSA_sign(0, digest, 32, signature, &signature_len, d->key) != 1 ||
	    !csr_assemble(span_of(info, info_len),
		span_of(ECDSA_SHA256, sizeof(ECDSA_SHA256)),
		span_of(signature, signature_len), room, CSR_MAX, &out->len))
		fatal("a request could not be signed");
}

static void
admin_open(struct channel *c, const char *home)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	path_join(a.sun_path, sizeof(a.sun_path), home, "run/admin.sock");
	if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof(a)) != 0)
		fatal_errno("%s", a.sun_path);
	channel_open(c, fd);
}

static void
issue_send(struct channel *c, uint64_t id, const char *product, struct span csr)
{
	static uint8_t room[FRAME_MAX];
	struct message_admin m = { .verb = "issue.csr",
		.arguments_len = 2,
		.arguments = {
		    { "product", span_str(product) }, { "csr", csr } } };
	struct cbor_out o;
	struct span frame;

	frame_begin(&o, room, MESSAGE_ADMIN, id);
	message_admin_put(&o, &m);
	if (cbor_out_span(&o, &frame) != WIRE_OK || !channel_send(c, frame, -1))
		fatal("the service does not take a request");
}

/* The certificate is the answer's blob. */
static void
issue_take(struct unit *d, struct span payload)
{
	struct message_admin_reply reply;
	struct certificate c;
	struct cbor in;

	cbor_open(&in, payload, true);
	if (!message_admin_reply_get(&in, &reply))
		fatal("a malformed answer");
	if (reply.reason != REASON_OK)
		fatal("refused: %s %s", reason_code(reply.reason), reply.text);
	if (certificate_read(reply.blob, &c, NULL) != REASON_OK ||
	    !text_copy(d->serial, sizeof(d->serial), c.subject_serial))
		fatal("an answer without certificate");
	d->certificate = memory_copy(reply.blob.ptr, reply.blob.len);
	d->certificate_len = reply.blob.len;
}

static void
wait_readable(struct channel *c)
{
	struct pollfd p = { .fd = c->fd, .events = POLLIN };

	if (c->head != NULL)
		p.events |= POLLOUT;
	if (poll(&p, 1, WAIT_MS) <= 0 && errno != EINTR)
		fatal("the service does not answer");
	if (!channel_flush(c))
		fatal("the service is gone");
}

void
units_issue(struct unit *list, size_t n, const char *home, const char *product,
    size_t flight, uint64_t *latency, uint64_t *wall)
{
	static uint8_t room[FRAME_MAX];
	struct buf *csr = memory_array(n, sizeof(*csr));
	size_t sent = 0, done = 0, len;
	uint64_t id, begin;
	enum message type;
	struct span payload;
	struct channel c;
	int fd;

	for (done = 0; done < n; done++)
		csr_make(&list[done], &csr[done]);
	admin_open(&c, home);
	begin = now_ns();
	for (done = 0; done < n;) {
		for (; sent < n && sent < done + flight; sent++) {
			latency[sent] = now_ns();
			issue_send(&c, sent, product, buf_span(&csr[sent]));
		}
		switch (channel_receive(&c, room, &len, &fd)) {
		case CHANNEL_EMPTY:
			wait_readable(&c);
			break;
		case CHANNEL_CLOSED:
			fatal("the service is gone");
		case CHANNEL_FRAME:
			if (!frame_open(
				span_of(room, len), &type, &id, &payload) ||
			    type != MESSAGE_ADMIN_REPLY || id >= n)
				fatal("a malformed answer");
			latency[id] = now_ns() - latency[id];
			issue_take(&list[id], payload);
			done++;
		}
	}
	*wall = now_ns() - begin;
	channel_close(&c);
	for (done = 0; done < n; done++)
		buf_free(&csr[done]);
	free(csr);
}
