/* Prints one frame's payload of each kind, "NAME HEX", and the types. */
#include <stdio.h>
#include <string.h>

#include "codecs.h"

static uint8_t room[FRAME_MAX];

static void
print(const struct codec *c, const union any_message *m)
{
	struct cbor_out out;
	size_t i;

	cbor_out_open(&out, room, sizeof(room));
	c->put(&out, m);
	printf("%s ", c->name);
	for (i = 0; i < out.len; i++)
		printf("%02x", room[i]);
	putchar('\n');
}

/* What the limits of a device do not show. */
static void
print_issuers(const struct codec *c, union any_message *m)
{
	struct issuer *i = &m->device_order.device.issuer;

	i->kind = ISSUER_NAME;
	i->len = HASH_SIZE;
	print(c, m);
	i->kind = ISSUER_NONE;
	i->len = 0;
	print(c, m);
}

/* Nothing was derived: the request was refused. */
static void
print_refused(const struct codec *c, union any_message *m)
{
	m->derived.complete = false;
	print(c, m);
}

/* Something else than a certificate was looked at. */
static void
print_inspected(const struct codec *c, union any_message *m)
{
	m->inspected.kind = INSPECT_MANIFEST;
	m->inspected.reason = REASON_OK;
	m->inspected.json.len = 0; /* it has none, and there is one frame */
	print(c, m);
	m->inspected.kind = INSPECT_LINT;
	m->inspected.reason = REASON_COUNT - 1;
	print(c, m);
}

/* Every list of formats. */
static void
print_lists(const struct codec *c, union any_message *m)
{
	for (m->check.reply = 0; m->check.reply <= FORMAT_LIST_MAX;
	     m->check.reply++)
		if (format_list_valid(m->check.reply))
			print(c, m);
}

/* A voucher, or a log that is kept for nobody. */
static void
print_unnamed(const struct codec *c, union any_message *m)
{
	m->answer.slug_len = 0;
	print(c, m);
}

int
main(void)
{
	static union any_message m;
	unsigned type;
	size_t i;

	for (i = 0; i < codecs_len; i++) {
		memset(&m, 0, sizeof(m));
		codecs[i].fill(&m);
		print(&codecs[i], &m);
		if (strcmp(codecs[i].name, "device_order") == 0)
			print_issuers(&codecs[i], &m);
		if (strcmp(codecs[i].name, "check") == 0)
			print_lists(&codecs[i], &m);
		if (strcmp(codecs[i].name, "answer") == 0)
			print_unnamed(&codecs[i], &m);
		if (strcmp(codecs[i].name, "derived") == 0)
			print_refused(&codecs[i], &m);
		if (strcmp(codecs[i].name, "inspected") == 0)
			print_inspected(&codecs[i], &m);
	}
	for (type = 0; type < MESSAGE_COUNT; type++)
		if (strcmp(message_name(type), "unknown") != 0)
			printf("type %u\n", type);
	return 0;
}
