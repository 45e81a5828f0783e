/* OpenSSL's opinion, see foreign.h. */
#include "foreign.h"

#include <openssl/cms.h>
#include <openssl/x509.h>

#include "fuzz.h"

size_t
openssl_verifies_cms(struct span bytes, struct span signer, bool attributed)
{
	const unsigned char *at = bytes.ptr, *from = signer.ptr;
	CMS_ContentInfo *info = d2i_CMS_ContentInfo(NULL, &at, (long)bytes.len);
	X509 *certificate = d2i_X509(NULL, &from, (long)signer.len);
	STACK_OF(CMS_SignerInfo) * infos;

	require(info != NULL && certificate != NULL &&
	    X509_get0_pubkey(certificate) != NULL);
	infos = CMS_get0_SignerInfos(info);
	require(sk_CMS_SignerInfo_num(infos) == 1);
	if (attributed) {
		CMS_SignerInfo_set1_signer_cert(
		    sk_CMS_SignerInfo_value(infos, 0), certificate);
		require(CMS_SignerInfo_verify(
			    sk_CMS_SignerInfo_value(infos, 0)) == 1);
	}
	X509_free(certificate);
	CMS_ContentInfo_free(info);
	return (size_t)(at - bytes.ptr);
}
