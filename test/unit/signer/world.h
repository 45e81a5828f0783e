/*
 * A home with a certified voucher key and issuing CA, made once and copied for
 * each test, and a signer in it that is ordered directly, without a process.
 */
#ifndef TEST_SIGNER_WORLD_H
#define TEST_SIGNER_WORLD_H

#include "signer/signer.h"

#define VOUCHER_KEY "voucher-1" /* product router-9, 3 signatures */
#define CA_KEY	    "F1-1"	/* slot F1, 3 signatures */

struct reply {
	unsigned count; /* answers since the last order */
	uint64_t id;
	enum reason reason;
	char text[200];
	uint64_t sequence;
	bool again;
	struct device device;
	uint8_t artifact[32768];
	size_t artifact_len;
	/* Records that came before it. */
	unsigned records;
	struct record record; /* the last of them */
};

struct world {
	char home[64];
	struct signer signer;
	struct reply reply;
	int64_t now;	 /* test clock at the start */
	unsigned opened; /* keys, so far */
	unsigned scrypts;
	size_t signatures; /* made, so far */
	bool sync_fails;
	uint8_t pin[CERTIFICATE_MAX];
	struct certificate pinned;
};
extern struct world world;

int world_make(void **state); /* group set-up: the template */
int world_remove(void **state);
int world_begin(void **state); /* each test: a copy, and opened */
int world_end(void **state);
enum reason world_open(struct why *why);
void world_close(void);

struct device world_device(void);
struct voucher_order world_voucher(void);
struct idevid_order world_idevid(uint64_t counter);

/* One more voucher key, of any product, with its certificate; asserts: its policy. */
bool world_voucher_key(const char *name, const char *asserts);

/* One more issuing CA, of any product; asserts: the policy of its certificate. */
bool world_issuing_ca(
    const char *name, const char *slot, const char *asserts, unsigned rsa_bits);

/* Orders one thing as one group; the answer is in world.reply. */
enum reason order_voucher(const struct voucher_order *v);
enum reason order_idevid(const struct idevid_order *i);
enum reason order_device(const struct device *d);
enum reason order_key(const struct key_order *k);
enum reason order_certificate(const struct key_certificate *c);
enum reason order_policy(const char *name, const struct key_policy *p);
/* The policy that a key has. */
struct key_policy world_policy(const char *name);
enum reason order_manifest(const char *key, const struct manifest_statement *s);
enum reason order_end(const struct end_order *e);
enum reason order_act(const char *verb, const char *subject);
/* Puts on record that the product of an order is like it says. */
enum reason order_profile(const struct idevid_order *i);
/* The same, by two. */
enum reason order_act_two(const char *verb, const char *subject,
    uint64_t number, const struct span signatures[END_SIGNATURES]);
/* Puts it into the queue only; world_group() runs the group. */
void queue_voucher(uint64_t id, const struct voucher_order *v);
void world_group(void);

/* A shell command with %s = the home; its exit status. */
int world_shell(const char *format);
void world_write(const char *name, struct span bytes);

#endif
