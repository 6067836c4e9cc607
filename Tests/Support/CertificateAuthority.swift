import Foundation

/// Certificates made by the `openssl` command in a temporary folder, once for all tests of a run.
package struct CertificateAuthority: Sendable {
  /// `good` is for localhost and 127.0.0.1; `wrongHost` for another name; `expired` has ended;
  /// `client` is for a client; `caFile` has signed them all, `otherCAFile` none.
  package let folder: String
  package var caFile: String { "\(folder)/ca.pem" }
  package var otherCAFile: String { "\(folder)/other.pem" }
  package func certificate(_ name: String) -> String { "\(folder)/\(name).pem" }
  package func key(_ name: String) -> String { "\(folder)/\(name).key" }

  package static let shared: CertificateAuthority = {
    do { return try CertificateAuthority() } catch { preconditionFailure("openssl: \(error)") }
  }()

  private init() throws {
    // A program that uses OpenSSL ignores it: OpenSSL writes without MSG_NOSIGNAL.
    signal(SIGPIPE, SIG_IGN)
    folder = NSTemporaryDirectory() + "certificates-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let script = """
      set -e
      key() { openssl ecparam -name prime256v1 -genkey -noout -out $1.key; }
      root() {
        key $1
        openssl req -x509 -new -key $1.key -subj /CN=$1 -days 30 -out $1.pem \
          -addext basicConstraints=critical,CA:TRUE -addext keyUsage=keyCertSign
      }
      leaf() {
        key $1
        openssl req -new -key $1.key -subj /CN=$1 -out $1.csr
        echo "subjectAltName=$2" > $1.ext
        openssl x509 -req -in $1.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days $3 \
          -extfile $1.ext -out $1.pem
      }
      root ca
      root other
      leaf good DNS:localhost,IP:127.0.0.1 30
      leaf wrongHost DNS:elsewhere.test 30
      leaf client DNS:client.test 30
      key expired
      openssl req -new -key expired.key -subj /CN=expired -out expired.csr
      echo subjectAltName=DNS:localhost > expired.ext
      mkdir -p signed && : > index.txt && echo 0100 > serial
      printf '[ca]\\ndefault_ca=d\\n[d]\\ndatabase=index.txt\\nserial=serial\\nnew_certs_dir=signed\\n' > ca.cnf
      printf 'default_md=sha256\\npolicy=p\\n[p]\\ncommonName=supplied\\n' >> ca.cnf
      openssl ca -batch -config ca.cnf -cert ca.pem -keyfile ca.key -in expired.csr \
        -extfile expired.ext -startdate 20200101000000Z -enddate 20200102000000Z -notext -out expired.pem
      """
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", script]
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    let errors = Pipe()
    process.standardError = errors
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw Failure(text: text) }
  }

  private struct Failure: Error { var text: String }
}
