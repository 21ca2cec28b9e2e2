//! Calls whose bodies are ready: they are only signed and sent.

use std::{sync::Arc, time::SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4,
};
use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use http_body_util::{BodyExt, Full};
use hyper::{Request, client::conn::http1};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, sync::Mutex};

use super::batches::batches;
use crate::Outcome;

const TARGET: (&str, &str) = ("x-amz-target", "DynamoDB_20120810.BatchWriteItem");
const CONTENT: (&str, &str) = ("content-type", "application/x-amz-json-1.0");

pub(super) struct Pipe {
    bodies: Vec<Bytes>,
    /// Host and port.
    host: String,
}

type Connection = http1::SendRequest<Full<Bytes>>;

impl Pipe {
    pub(super) fn new(items: &[&str], endpoint: &str) -> Outcome<Self> {
        let put = |item: &&str| format!("{{\"PutRequest\":{{\"Item\":{item}}}}}");
        let body = |batch: &Vec<&str>| {
            let puts: Vec<String> = batch.iter().map(put).collect();
            Bytes::from(format!("{{\"RequestItems\":{{\"objects\":[{}]}}}}", puts.join(",")))
        };
        let host = endpoint.strip_prefix("http://").ok_or("the endpoint is not plain HTTP")?.to_owned();
        Ok(Self { bodies: batches(items).iter().map(body).collect(), host })
    }

    pub(super) async fn write(self, tasks: usize) -> Outcome {
        let bodies = Arc::new(Mutex::new(self.bodies.into_iter()));
        let host = self.host.as_str();
        let work = |bodies: Arc<Mutex<std::vec::IntoIter<Bytes>>>| async move {
            let mut connection = connect(host).await?;
            loop {
                let Some(body) = bodies.lock().await.next() else { return Outcome::Ok(()) };
                send(&mut connection, host, body).await?;
            }
        };
        stream::iter((0..tasks).map(|_| work(Arc::clone(&bodies)))).buffer_unordered(tasks).try_collect().await
    }
}

async fn connect(host: &str) -> Outcome<Connection> {
    let stream = TcpStream::connect(host).await?;
    stream.set_nodelay(true)?;
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    Ok(sender)
}

async fn send(connection: &mut Connection, host: &str, body: Bytes) -> Outcome {
    let identity = Credentials::new("AKIDEXAMPLE", "secret", None, None, "bench").into();
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region("us-east-1")
        .name("dynamodb")
        .time(SystemTime::now())
        .settings(SigningSettings::default())
        .build()?;
    let url = format!("http://{host}/");
    let signed = SignableRequest::new("POST", &url, [TARGET, CONTENT].into_iter(), SignableBody::Bytes(&body))?;
    let (signature, _) = sign(signed, &parameters.into())?.into_parts();
    let request = Request::post("/").header("host", host).header(TARGET.0, TARGET.1).header(CONTENT.0, CONTENT.1);
    let request = signature.headers().fold(request, |request, (name, value)| request.header(name, value));
    connection.ready().await?;
    let answer = connection.send_request(request.body(Full::new(body))?).await?;
    let is_done = answer.status().is_success();
    let answer = answer.into_body().collect().await?.to_bytes();
    // In the manners that a pipe is measured in nothing is left over.
    if is_done { Ok(()) } else { Err(String::from_utf8_lossy(&answer).into()) }
}
