/* Every payload codec as one row: how to write it, read it, and an example with
 * all its fields at their limits. Shared by the unit tests and the fuzzer. */
#ifndef TEST_IPC_CODECS_H
#define TEST_IPC_CODECS_H

#include "ipc/message.h"
#include "wire/cbor.h"

union any_message {
	struct message_start start;
	struct message_peer peer;
	struct message_failed failed;
	struct message_check check;
	struct message_answer answer;
	struct message_fetch fetch;
	struct message_decide decide;
	struct message_refused refused;
	struct message_derive derive;
	struct message_derived derived;
	struct message_look_up look_up;
	struct message_on_record on_record;
	struct message_inspect inspect;
	struct message_inspected inspected;
	struct message_head head;
	struct message_record record;
	struct message_synced synced;
	struct message_act act;
	struct message_signed signed_;
	struct message_admin admin;
	struct message_admin_reply admin_reply;
	struct voucher_order voucher_order;
	struct idevid_order idevid_order;
	struct device_order device_order;
	struct key_order key_order;
	struct policy_order policy_order;
	struct end_order end_order;
	struct manifest_order manifest_order;
	struct key_certificate key_certificate;
};

struct codec {
	const char *name;
	void (*fill)(union any_message *); /* all fields at their limits */
	void (*put)(struct cbor_out *, const union any_message *);
	bool (*get)(struct cbor *, union any_message *);
};

extern const struct codec codecs[];
extern const size_t codecs_len;

/* How an input of the fuzzer names a codec, whatever rows come and go: the low 16
 * bits of FNV-1a (32) of its name, other than those of all others. */
unsigned codec_mark(const struct codec *c);

#endif
