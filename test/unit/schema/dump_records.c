/* Prints records of each kind, every member set in one of them: "KIND HEX". */
#include <stdio.h>
#include <stdlib.h>

#include "journal/ledger.h"
#include "samples.h"

static void
print(struct record r)
{
	uint8_t bytes[RECORD_MAX];
	size_t len, i;

	sample_fill(r.signer, sizeof(r.signer), 0x40);
	sample_fill(r.previous, HASH_SIZE, 0x50);
	r.sequence = 7;
	r.time = SAMPLE_TIME;
	if (!record_write(&r, bytes, sizeof(bytes), &len))
		abort();
	printf("%s ", record_kind_name(r.kind));
	for (i = 0; i < len; i++)
		printf("%02x", bytes[i]);
	putchar('\n');
}

static void
print_checkpoint(void)
{
	struct ledger l = { .test = true, .sequence = 6, .time = SAMPLE_TIME };
	struct ledger_key k = { .state = KEY_ACTIVE,
		.count = { 5, SAMPLE_TIME, SAMPLE_TIME, 3 },
		.last_counter = 9,
		.window = { 0xff, 1 },
		.last_record = 5,
		.wrapped = true,
		.ending = END_DESTROY,
		.end_record = 6,
		.erased = WRAPPING_APART,
		.copied = true,
		.lines = { 1, 0, 0, 0, 1 } };
	struct ledger_line lines[] = { { "lamp-1", "SN-######" },
		{ "lamp-2",
		    "THE-LONGEST-SCHEME-THAT-THERE-MAY-BE-OF-SIXTY-FOUR-IN-ALL-"
		    "%%%%%%" } };
	struct ledger_profile profile = { "router-9", { 0 } };
	struct ledger_run runs[] = { { 0, 0, 4 }, { 0, 9, 9 }, { 1, 2, 2 } };
	struct ledger_slot given = { "Q7", "Graz", SAMPLE_TIME };
	struct record r = { .kind = RECORD_CHECKPOINT };
	uint8_t content[RECORD_MAX];

	sample_fill(l.signer, sizeof(l.signer), 0x40);
	sample_fill(l.head, HASH_SIZE, 0x50);
	sample_fill(l.before.signer, sizeof(l.before.signer), 0x60);
	sample_fill(l.before.head, HASH_SIZE, 0x70);
	l.before.sequence = 41;
	l.before.skipped = 10;
	k.order = sample_order(PURPOSE_IDEVID_CA, "F1-1");
	k.order.policy.months = 3;
	k.order.policy.awake_days = 0x1f;
	k.order.policy.awake_from = 1320;
	k.order.policy.awake_to = 360;
	k.count.awake_until = SAMPLE_TIME;
	strcpy(k.order.succeeds, "F0-1");
	strcpy(k.order.factory, "Graz");
	k.order.rsa_bits = 3072;
	sample_fill(k.spki_sha256, HASH_SIZE, 1);
	sample_fill(k.certificate_sha256, HASH_SIZE, 2);
	l.keys = &k;
	l.slots = &given;
	l.slots_len = 1;
	l.keys_len = 1;
	l.part = 1;
	l.more = 2;
	l.lines = lines;
	l.lines_len = 2;
	l.runs = runs;
	l.runs_len = 3;
	sample_fill(profile.sha256, HASH_SIZE, 3);
	l.profiles = &profile;
	l.profiles_len = 1;
	r.checkpoint.ptr = content;
	if (!ledger_part_write(&l, content, sizeof(content), &r.checkpoint.len))
		abort();
	print(r);
}

int
main(void)
{
	struct record r;
	unsigned kind;

	for (kind = 1; kind <= RECORD_KIND_LAST; kind++)
		printf("type %u\n", kind);
	print_checkpoint();
	r = sample_key(PURPOSE_IDEVID_CA, "F1-1");
	r.key.wrapped = true;
	print(r);
	r = sample_key(PURPOSE_IDEVID_CA, "R1-1");
	r.key.order.rsa_bits = 2048;
	print(r);
	r = sample_key(PURPOSE_IDEVID_CA, "F2-1");
	r.key.order.policy.awake_days = AWAKE_BY_ACT;
	print(r);
	print(sample_key(PURPOSE_MANIFEST, "manifest-1"));
	print(sample_ca("F1-1"));
	r = sample_device_record();
	sample_fill(r.device.device.certificate_sha256, HASH_SIZE, 9);
	print(r);
	r.device.device.issuer.kind = ISSUER_NAME;
	r.device.device.issuer.len = HASH_SIZE;
	print(r);
	print(sample_idevid("F1-1", 42));
	r = sample_idevid("F1-1", 42);
	strcpy(r.idevid.scheme, "SN-######");
	print(r);
	print(sample_voucher("voucher-1"));
	print(sample_signed(6));
	print(sample_act("device.hold", "AR9-F1-0001-6"));
	print(sample_act_two("device.hold", "AR9-F1-0001-6"));
	print(sample_clock());
	print(sample_policy(PURPOSE_VOUCHER, "voucher-1"));
	print(sample_end("F1-1"));
	print(sample_ended("F1-1", 6));
	print(sample_manifest("manifest-1", 2, 6));
	return 0;
}
