// SPDX-License-Identifier: Apache-2.0
//
// A judge for CMS made of Bouncy Castle: reads one job a line from standard input, fields parted
// by tabs, and answers each with one line, "good<TAB>detail" or "bad<TAB>detail".
//
//   detached CONTENT SIGNATURE.der             verifies a signature over a file
//   opaque SIGNED.der OUT                      verifies, writes what was signed
//   decrypt ENVELOPED.der CERT.pem KEY.pem OUT opens, writes what was inside
//
// Usage: java -cp bcprov.jar:bcutil.jar:bcpkix.jar BouncyJudge.java AUTHORITY.pem
import java.io.BufferedReader;
import java.io.FileInputStream;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PrivateKey;
import java.security.Security;
import java.security.cert.CertPathBuilder;
import java.security.cert.CertStore;
import java.security.cert.CertificateFactory;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CertSelector;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cms.CMSAuthEnvelopedData;
import org.bouncycastle.cms.CMSEnvelopedData;
import org.bouncycastle.cms.CMSProcessableByteArray;
import org.bouncycastle.cms.CMSSignedData;
import org.bouncycastle.cms.KeyAgreeRecipientInformation;
import org.bouncycastle.cms.Recipient;
import org.bouncycastle.cms.RecipientInformation;
import org.bouncycastle.cms.RecipientInformationStore;
import org.bouncycastle.cms.SignerInformation;
import org.bouncycastle.cms.jcajce.JcaSimpleSignerInfoVerifierBuilder;
import org.bouncycastle.cms.jcajce.JceKeyAgreeEnvelopedRecipient;
import org.bouncycastle.cms.jcajce.JceKeyTransAuthEnvelopedRecipient;
import org.bouncycastle.cms.jcajce.JceKeyTransEnvelopedRecipient;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.openssl.PEMKeyPair;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter;

public class BouncyJudge {
  static X509Certificate authority;

  static Object pem(String path) throws Exception {
    try (PEMParser parser = new PEMParser(Files.newBufferedReader(Path.of(path)))) {
      return parser.readObject();
    }
  }

  static byte[] bytes(String path) throws Exception {
    return Files.readAllBytes(Path.of(path));
  }

  static String verify(CMSSignedData signed) throws Exception {
    List<X509Certificate> sent = new ArrayList<>();
    JcaX509CertificateConverter converter = new JcaX509CertificateConverter().setProvider("BC");
    for (X509CertificateHolder holder : signed.getCertificates().getMatches(null)) {
      sent.add(converter.getCertificate(holder));
    }
    if (signed.getSignerInfos().size() == 0) return "bad\tno signer";
    for (SignerInformation signer : signed.getSignerInfos().getSigners()) {
      var found = signed.getCertificates().getMatches(signer.getSID());
      if (found.isEmpty()) return "bad\tsigner's certificate is not there";
      X509CertificateHolder holder = (X509CertificateHolder) found.iterator().next();
      var verifier = new JcaSimpleSignerInfoVerifierBuilder().setProvider("BC").build(holder);
      if (!signer.verify(verifier)) return "bad\tsignature does not verify";
      X509CertSelector target = new X509CertSelector();
      target.setCertificate(converter.getCertificate(holder));
      PKIXBuilderParameters path =
          new PKIXBuilderParameters(Set.of(new TrustAnchor(authority, null)), target);
      path.setRevocationEnabled(false);
      path.addCertStore(
          CertStore.getInstance("Collection", new CollectionCertStoreParameters(sent)));
      CertPathBuilder.getInstance("PKIX", "BC").build(path);
    }
    return "good\tgood";
  }

  static PrivateKey privateKey(String path) throws Exception {
    Object parsed = pem(path);
    JcaPEMKeyConverter converter = new JcaPEMKeyConverter().setProvider("BC");
    return parsed instanceof PEMKeyPair
        ? converter.getPrivateKey(((PEMKeyPair) parsed).getPrivateKeyInfo())
        : converter.getPrivateKey((PrivateKeyInfo) parsed);
  }

  static String decrypt(String[] job) throws Exception {
    byte[] der = bytes(job[1]);
    X509CertificateHolder certificate = (X509CertificateHolder) pem(job[2]);
    PrivateKey key = privateKey(job[3]);
    boolean isAuthenticated = false;
    RecipientInformationStore recipients;
    try {
      recipients = new CMSEnvelopedData(der).getRecipientInfos();
    } catch (Exception notEnveloped) {
      recipients = new CMSAuthEnvelopedData(der).getRecipientInfos();
      isAuthenticated = true;
    }
    for (RecipientInformation recipient : recipients.getRecipients()) {
      if (!recipient.getRID().match(certificate)) continue;
      Recipient way;
      if (recipient instanceof KeyAgreeRecipientInformation) {
        if (isAuthenticated) return "bad\tnot supported: ECDH with AuthEnvelopedData";
        way = new JceKeyAgreeEnvelopedRecipient(key).setProvider("BC");
      } else if (isAuthenticated) {
        way = new JceKeyTransAuthEnvelopedRecipient(key).setProvider("BC");
      } else {
        way = new JceKeyTransEnvelopedRecipient(key).setProvider("BC");
      }
      Files.write(Path.of(job[4]), recipient.getContent(way));
      return "good\topened";
    }
    return "bad\tno key fits";
  }

  static String answer(String[] job) {
    try {
      switch (job[0]) {
        case "detached":
          return verify(
              new CMSSignedData(new CMSProcessableByteArray(bytes(job[1])), bytes(job[2])));
        case "opaque": {
          CMSSignedData signed = new CMSSignedData(bytes(job[1]));
          Files.write(Path.of(job[2]), (byte[]) signed.getSignedContent().getContent());
          return verify(signed);
        }
        case "decrypt":
          return decrypt(job);
        default:
          return "bad\tunknown job";
      }
    } catch (Throwable failure) {
      return "bad\t" + failure.toString().replace('\n', ' ').replace('\t', ' ');
    }
  }

  public static void main(String[] arguments) throws Exception {
    Security.addProvider(new BouncyCastleProvider());
    try (FileInputStream file = new FileInputStream(arguments[0])) {
      authority =
          (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(file);
    }
    BufferedReader jobs = new BufferedReader(new InputStreamReader(System.in));
    for (String line = jobs.readLine(); line != null; line = jobs.readLine()) {
      System.out.println(answer(line.split("\t")));
      System.out.flush();
    }
  }
}
