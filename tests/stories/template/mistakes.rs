//! Mistakes to plant, one for each way in which a rule can be broken.

/// A mistake and what its rule says of it.
pub(super) struct Mistake {
    pub(super) rule: &'static str,
    /// In which resource or parameter what text becomes what.
    pub(super) edits: &'static [(&'static str, &'static str, &'static str)],
    pub(super) found: &'static str,
}

macro_rules! mistakes {
    ($($rule:literal { $($($within:ident: $from:literal => $to:literal),+ ; $found:literal)+ })+) => {
        &[$($(Mistake { rule: $rule, edits: &[$((stringify!($within), $from, $to)),+], found: $found }),+),+]
    };
}

pub(super) const MISTAKES: &[Mistake] = mistakes! {
    "visibility" {
        Queue: "VisibilityTimeout: 105" => "VisibilityTimeout: 99";
        "Queue hides messages for 99 s, ProcessImportFunction may run for 100 s"
        Queue: "      VisibilityTimeout: 105\n" => "";
        "Queue hides messages for 30 s, ProcessImportFunction may run for 100 s"
        // The same in SAM's own form, where linters don't see it.
        AcceptDropFunction: "      Timeout: 60\n" => "      Timeout: 899
      Events:
        Message: { Type: SQS, Properties: { Queue: !GetAtt Queue.Arn, BatchSize: 1, FunctionResponseTypes: [ReportBatchItemFailures] } }\n",
        Queue: "VisibilityTimeout: 105" => "VisibilityTimeout: 700";
        "Queue hides messages for 700 s, AcceptDropFunction may run for 899 s"
    }
    "times" {
        Queue: "VisibilityTimeout: 105" => "VisibilityTimeout: 106";
        "VisibilityTimeout of Queue is 106, in times.rs 105"
        ProcessImportFunction: "      Timeout: 100\n" => "";
        "Timeout of ProcessImportFunction is 29, in times.rs 100"
        ResumeImportsFunction: "Timeout: 50" => "Timeout: 60";
        "Timeout of ResumeImportsFunction is 60, in times.rs 50"
        AcceptDropFunction: "Timeout: 60" => "Timeout: 50";
        "Timeout of AcceptDropFunction is 50, in times.rs 60"
        CancelImportFunction: "    Properties:\n" => "    Properties:\n      Timeout: 30\n";
        "Timeout of CancelImportFunction is 30, in times.rs 29"
        ResumeImportsFunction: "rate(1 minute)" => "rate(5 minutes)";
        "ResumeImportsFunctionEveryMinute has \"rate(5 minutes)\", times.rs 1 minutes"
    }
    "batches" {
        ProcessImportQueueEvents: "BatchSize: 1" => "BatchSize: 2";
        "ProcessImportFunction takes 2 messages at once"
        ProcessImportQueueEvents: "      FunctionResponseTypes: [ReportBatchItemFailures]\n" => "";
        "ProcessImportFunction can't give a message back"
        AcceptDropFunction: "      Timeout: 60\n" => "      Timeout: 60
      Events: { Message: { Type: SQS, Properties: { Queue: !GetAtt Queue.Arn } } }\n";
        "AcceptDropFunction takes 10 messages at once"
    }
    "loops" {
        ProcessImportFunction: "RecursiveLoop: Allow" => "RecursiveLoop: Terminate";
        "Lambda cuts the rounds of ProcessImportFunction"
    }
    "dead letters" {
        Queue: "      RedrivePolicy:" => "      OtherPolicy:";
        "Queue has no dead-letter queue"
        Queue: "FifoQueue: true" => "FifoQueue: false";
        "Queue is not FIFO"
        DeadLetterQueue: "      FifoQueue: true\n" => "";
        "DeadLetterQueue is not FIFO as Queue is"
        Queue: "maxReceiveCount: 1000" => "maxReceiveCount: 10";
        "Queue gives a message up after 10 deliveries"
        DeadLetterQueue: "      MessageRetentionPeriod: 1209600\n" => "";
        "DeadLetterQueue keeps messages for 345600 s, not 1209600"
    }
    "failed announcements" {
        AcceptDropInvokeConfig: "          Destination: !GetAtt DropDeadLetterQueue.Arn\n" => "          Nothing: there\n";
        "what AcceptDropFunction fails at is lost"
        AcceptDropInvokeConfig: "FunctionName: !Ref AcceptDropFunction" => "FunctionName: !Ref GetImportFunction";
        "what AcceptDropFunction fails at is lost"
        AcceptDropInvokeConfig: "!GetAtt DropDeadLetterQueue.Arn" => "!GetAtt DeadLetterQueue.Arn";
        "Lambda can't send to DeadLetterQueue, which is FIFO"
        DropDeadLetterQueue: "1209600" => "60";
        "DropDeadLetterQueue keeps messages for 60 s, not 1209600"
    }
    "replayed letters" {
        Bucket: "NoncurrentDays: 15" => "NoncurrentDays: 7";
        "Bucket forgets files after 7 days"
        Bucket: "Prefix: uploads/\n            ExpirationInDays: 30" => "Prefix: uploads/\n            ExpirationInDays: 10";
        "Bucket forgets files after 10 days"
    }
    "encryption" {
        ObjectsTable: "SSEEnabled: true" => "SSEEnabled: false";
        "ObjectsTable is not encrypted"
        DeadLetterQueue: "[HasKmsKey, false, true]" => "[HasKmsKey, false, false]";
        "DeadLetterQueue is not encrypted"
        Bucket: "SSEAlgorithm: AES256" => "SSEAlgorithm: none";
        "Bucket is not encrypted"
        Bucket: "KMSMasterKeyID: !Ref KmsKeyArn" => "KMSMasterKeyID: another";
        "Bucket is not encrypted with the operator's key"
        ApiLogs: "      KmsKeyId: !If [HasKmsKey, !Ref KmsKeyArn, !Ref AWS::NoValue]\n" => "";
        "ApiLogs is not encrypted with the operator's key"
        Function: "    KmsKeyArn: !If [HasKmsKey, !Ref KmsKeyArn, !Ref AWS::NoValue]\n" => "";
        "AcceptDropFunction is not encrypted with the operator's key"
    }
    "tls" {
        QueuePolicy: "Queues: [!Ref Queue]" => "Queues: [!Ref DeadLetterQueue]";
        "Queue takes plain HTTP"
        DropDeadLetterQueuePolicy: "Effect: Deny" => "Effect: Allow";
        "DropDeadLetterQueue takes plain HTTP"
        BucketPolicy: "                - !Sub \"${Bucket.Arn}/*\"\n" => "";
        "Bucket takes plain HTTP"
        BucketPolicy: "aws:SecureTransport: \"false\"" => "aws:SecureTransport: \"true\"";
        "Bucket takes plain HTTP"
        RequireTls: "Default: \"true\"" => "Default: \"false\"";
        "DeadLetterQueue takes plain HTTP"
    }
    "public access" {
        Bucket: "RestrictPublicBuckets: true" => "RestrictPublicBuckets: false";
        "Bucket lacks RestrictPublicBuckets"
        Bucket: "        BlockPublicPolicy: true\n" => "";
        "Bucket lacks BlockPublicPolicy"
        Bucket: "BucketOwnerEnforced" => "ObjectWriter";
        "Bucket has access lists"
    }
    "versions" {
        Bucket: "      VersioningConfiguration:\n        Status: Enabled" => "      VersioningConfiguration:\n        Status: Suspended";
        "Bucket has no versions"
    }
    "lifecycle" {
        Bucket: "AbortIncompleteMultipartUpload" => "Other";
        "Bucket keeps parts of uploads"
        Bucket: "NoncurrentDays: 15" => "NewerNoncurrentVersions: 15";
        "Bucket keeps old versions"
        Bucket: "Prefix: receipts/" => "Prefix: receipt/";
        "Bucket keeps what is under receipts/"
        Bucket: "Id: expire-dropped-files\n            Status: Enabled" => "Id: expire-dropped-files\n            Status: Disabled";
        "Bucket keeps what is under drops/"
    }
    "recovery" {
        ImportsTable: "PointInTimeRecoveryEnabled: true" => "PointInTimeRecoveryEnabled: false";
        "ImportsTable can't be recovered"
        ObjectsTable: "    DeletionPolicy: RetainExceptOnCreate\n" => "";
        "DeletionPolicy of ObjectsTable is not RetainExceptOnCreate"
        Bucket: "    UpdateReplacePolicy: Retain\n" => "    UpdateReplacePolicy: Delete\n";
        "UpdateReplacePolicy of Bucket is not Retain"
    }
    "logs" {
        GetImportFunction: "LogFormat: JSON" => "LogFormat: Text";
        "GetImportFunction does not log JSON"
        AcceptDropFunction: "        LogFormat: JSON\n" => "        LogFormat: JSON\n        ApplicationLogLevel: WARN\n";
        "Lambda filters what AcceptDropFunction logs: ApplicationLogLevel"
        ProcessImportFunction: "          STACK:" => "          RUST_LOG: debug\n          STACK:";
        "ProcessImportFunction logs at the level \"debug\""
        GetImportFunction: "        LogGroup: !Ref GetImportLogs\n" => "";
        "GetImportFunction logs into a group that it makes itself"
        GetImportFunction: "!Ref GetImportLogs" => "!Ref ListImportsLogs";
        "GetImportFunction shares its log group"
        ApiLogs: "      RetentionInDays: !Ref LogRetentionDays\n" => "";
        "ApiLogs keeps lines for ever"
    }
    "access log" {
        ApiStage: "DestinationArn: !GetAtt ApiLogs.Arn" => "DestinationArn: !GetAtt Queue.Arn";
        "ApiStage has no access log"
        ApiStage: "\"time\":" => "time:";
        "ApiStage does not log JSON"
        ApiStage: "Format: >-" => "Format: |-";
        "ApiStage logs a call in several lines"
        ApiStage: "$context.requestId" => "$context.requestTime";
        "ApiStage logs no request_id"
    }
    "tracing" {
        ListImportsFunction: "    Properties:\n" => "    Properties:\n      Tracing: PassThrough\n";
        "ListImportsFunction is not traced"
    }
    "permissions" {
        CreateUploadFunction: "Action: dynamodb:PutItem" => "Action: dynamodb:*";
        "CreateUploadFunctionRole may \"dynamodb:*\""
        ListImportsFunction: "Action: dynamodb:Query" => "Action: dynamodb:Scan";
        "ListImportsFunctionRole may \"dynamodb:Scan\""
        ProcessImportFunction: "Resource: !GetAtt ObjectsTable.Arn" => "Resource: \"*\"";
        "ProcessImportFunctionRole reaches \"*\""
        CreateImportFunction: "${Bucket.Arn}/imports/*" => "${Bucket.Arn}/*";
        "CreateImportFunctionRole reaches {\"Fn::Sub\":\"${Bucket.Arn}/*\"}"
        CreateImportFunction: "Resource: !GetAtt Queue.Arn" => "Resource: !Sub \"arn:aws:sqs:${AWS::Region}:${AWS::AccountId}:*\"";
        "CreateImportFunctionRole reaches {\"Fn::Sub\":\"arn:aws:sqs:${AWS::Region}:${AWS::AccountId}:*\"}"
        // SAM's event of a queue brings a policy that reaches all queues.
        AcceptDropFunction: "      Timeout: 60\n" => "      Timeout: 60
      Events: { Message: { Type: SQS, Properties: { Queue: !GetAtt Queue.Arn } } }\n";
        "AcceptDropFunctionRole has \"arn:aws:iam::aws:policy/service-role/AWSLambdaSQSQueueExecutionRole\""
        GetImportFunction: "      Policies:\n" => "      Policies:\n        - arn:aws:iam::aws:policy/AmazonS3FullAccess\n";
        "GetImportFunctionRole has \"arn:aws:iam::aws:policy/AmazonS3FullAccess\""
        KeyUse: "Resource: !Ref KmsKeyArn" => "Resource: \"*\"";
        "KeyUse reaches \"*\""
    }
    "lent permissions" {
        ProcessImportFunction: "                - sqs:ReceiveMessage\n" => "";
        "ProcessImportFunction lacks sqs:ReceiveMessage on Queue"
        AcceptDropFunction: "                - !GetAtt DropDeadLetterQueue.Arn\n" => "";
        "AcceptDropFunction lacks sqs:SendMessage on DropDeadLetterQueue"
    }
    "callers" {
        GetImportPermission: "Principal: apigateway.amazonaws.com" => "Principal: \"*\"";
        "GetImportPermission lets \"*\" call"
        AcceptDropPermission: "      SourceAccount: !Ref AWS::AccountId\n" => "";
        "AcceptDropPermission lets buckets of other accounts call"
        GetImportPermission: "SourceArn: " => "EventSourceToken: ";
        "GetImportPermission lets all of \"apigateway.amazonaws.com\" call"
        GetImportRoute: "!If [HasJwt, JWT, AWS_IAM]" => "!If [HasJwt, JWT, NONE]";
        "GetImportRoute (GET /v2/subscriptions/imports/{id}) is open"
        GetImportRoute: "!If [HasJwt, JWT, AWS_IAM]" => "!If [HasJwt, NONE, AWS_IAM]";
        "GetImportRoute (GET /v2/subscriptions/imports/{id}) is open to tokens"
        CancelImportRoute: "imports:write" => "imports:read";
        "CancelImportRoute (POST /v2/subscriptions/imports/{id}/cancel) is open to tokens"
        CancelImportRoute: "AuthorizationScopes" => "OtherScopes";
        "CancelImportRoute (POST /v2/subscriptions/imports/{id}/cancel) is open to tokens"
        PageRoute: "ServePageIntegration" => "GetImportIntegration";
        "PageRoute (GET /imports-ui) is open to tokens"
        ServePageFunction: "    Properties:\n" => "    Properties:\n      Policies: [arn:aws:iam::aws:policy/AmazonS3FullAccess]\n";
        "PageFilesRoute (GET /imports-ui/{proxy+}) is open to tokens"
    }
    "page" {
        Bucket: "!If [HasPageOrigin, !Ref PageOrigin, !Sub \"https://${Api}.execute-api.${AWS::Region}.${AWS::URLSuffix}\"]" => "\"*\"";
        "Bucket lets other scripts in than the page's"
        Bucket: "AllowedMethods: [GET, POST]" => "AllowedMethods: [GET, PUT]";
        "Bucket lets other scripts in than the page's"
        Bucket: "        - HasPage\n" => "        - RequiresTls\n";
        "Bucket lets other scripts in than the page's"
        PageFilesRoute: "Condition: HasPage" => "Condition: HasJwt";
        "PageFilesRoute is there without the page"
        PagePermission: "    Condition: HasPage\n" => "";
        "PagePermission is there without the page"
    }
    "listing" {
        AcceptDropFunction: "s3:prefix: [drops/*, receipts/*]" => "s3:prefix: \"*\"";
        "AcceptDropFunctionRole may list [\"*\"] and read [\"drops/*\", \"receipts/*\"]"
        AcceptDropFunction: "              Condition:\n                StringLike:\n                  s3:prefix: [drops/*, receipts/*]\n" => "";
        "AcceptDropFunctionRole may list [] and read [\"drops/*\", \"receipts/*\"]"
        ProcessImportFunction: "[imports/*, uploads/*, drops/*, receipts/*]" => "[imports/*, uploads/*, drops/*, reports/*]";
        "ProcessImportFunctionRole may list [\"drops/*\", \"imports/*\", \"reports/*\", \"uploads/*\"] and read [\"drops/*\", \"imports/*\", \"receipts/*\", \"uploads/*\"]"
        ListImportErrorsFunction: "Action: s3:GetObject" => "Action: s3:ListBucket";
        "ListImportErrorsFunctionRole may list [] and read []"
    }
    "partners" {
        BucketPolicy: "AWS: !Ref PartnerPrincipals" => "AWS: \"*\"";
        "\"PartnersDrop\" of BucketPolicy lets {\"AWS\":\"*\"} in"
        BucketPolicy: "${Bucket.Arn}/receipts/account-${!aws:PrincipalAccount}/*" => "${Bucket.Arn}/receipts/*";
        "\"PartnersRead\" of BucketPolicy reaches {\"Fn::Sub\":\"${Bucket.Arn}/receipts/*\"}"
        BucketPolicy: "receipts/account-${aws:PrincipalAccount}/*" => "receipts/account-*";
        "\"PartnersLook\" of BucketPolicy reaches \"receipts/account-*\""
        BucketPolicy: "s3:x-amz-storage-class: [GLACIER, DEEP_ARCHIVE]" => "s3:signatureversion: [AWS]";
        "BucketPolicy takes drops whatever their s3:x-amz-storage-class"
        BucketPolicy: "Sid: NoForeignKey\n            Effect: Deny" => "Sid: NoForeignKey\n            Effect: Allow";
        "\"NoForeignKey\" of BucketPolicy lets \"*\" in"
        BucketPolicy: "Resource: !Sub \"${Bucket.Arn}/drops/*\"" => "Resource: !Sub \"${Bucket.Arn}/drops/a/*\"";
        "BucketPolicy takes drops whatever their s3:x-amz-storage-class"
    }
    "stores" {
        GetImportFunction: "!If [HasJwt, !Sub \"claim:${StoreClaim}\", !Sub \"store:${Store}\"]" => "!Sub \"store:${Store}\"";
        "GetImportFunction takes {\"Fn::Sub\":\"store:${Store}\"} for the store, not {\"Fn::Sub\":\"claim:${StoreClaim}\"}"
        CancelImportFunction: "STORE_SOURCE" => "STORE";
        "CancelImportFunction takes null for the store, not {\"Fn::Sub\":\"store:${Store}\"}"
    }
    "privacy" {
        GetImportLogs: "RetentionInDays: !Ref LogRetentionDays" => "RetentionInDays: 30";
        "GetImportLogs is not kept for LogRetentionDays"
        ApiLogs: "RetentionInDays: !Ref LogRetentionDays" => "RetentionInDays: 3653";
        "ApiLogs is not kept for LogRetentionDays"
        ApiStage: "\"ip\":\"$context.identity.sourceIp\"" => "\"ip\":\"$context.identity.sourceIp\",\"agent\":\"$context.identity.userAgent\"";
        "ApiStage and the runbook differ in [\"agent\"]"
        ApiStage: "\"latency_ms\":\"$context.responseLatency\"," => "";
        "ApiStage and the runbook differ in [\"latency_ms\"]"
        DropDeadLetterQueue: "1209600" => "604800";
        "DropDeadLetterQueue is kept for 7 days, the runbook says 14 days"
        Queue: "      MessageRetentionPeriod: 1209600\n" => "";
        "Queue is kept for 4 days, the runbook says 14 days"
        Bucket: "Prefix: drops/\n            ExpirationInDays: 30" => "Prefix: drops/\n            ExpirationInDays: 31";
        "drops/ is kept for 31 days, the runbook says 30 days"
        Bucket: "Prefix: receipts/\n            ExpirationInDays: !Ref ImportRetentionDays" => "Prefix: receipts/\n            ExpirationInDays: 90";
        "receipts/ is kept for 90 days, the runbook says `ImportRetentionDays`"
        Bucket: "Prefix: uploads/" => "Prefix: parts/";
        "the runbook does not mention parts/"
        Bucket: "NoncurrentDays: 15" => "NoncurrentDays: 16";
        "old versions in the bucket is kept for 16 days more, the runbook says 15 days more"
    }
    "alarms" {
        ServePageErrorsAlarm: "serve-page crashed" => "get-import crashed";
        "ServePageErrorsAlarm tells of another function: get-import crashed or ran out of time. Its log says why."
        DeadLetterAlarm: "ApproximateNumberOfMessagesVisible" => "ApproximateNumberOfMessageVisible";
        "DeadLetterAlarm looks at a metric that nobody sends"
        ApiErrorsAlarm: "MetricName: 5xx" => "MetricName: 5XXError";
        "ApiErrorsAlarm looks at a metric that nobody sends"
        ImportsTableSystemErrorsAlarm: ", { Name: Operation, Value: TransactWriteItems }" => "";
        "ImportsTableSystemErrorsAlarm looks at a metric that nobody sends"
        OldestMessageAlarm: "    Properties:\n" => "    Condition: HasAllAlarms\n    Properties:\n";
        "no alarm looks at ApproximateAgeOfOldestMessage of Queue"
        OldestMessageAlarm: "!GetAtt Queue.QueueName" => "!Ref Queue";
        "OldestMessageAlarm looks at a metric that nobody sends"
        FailedJobsAlarm: "Value: failed" => "Value: Failed";
        "FailedJobsAlarm looks at a metric that nobody sends"
        FailedJobsAlarm: "MetricName: JobsFinished" => "MetricName: JobsEnded";
        "FailedJobsAlarm looks at a metric that nobody sends"
        FailedJobsAlarm: "{ Name: Stack, Value: !Ref AWS::StackName }, " => "";
        "FailedJobsAlarm looks at a metric that nobody sends"
        ApiErrorsAlarm: "      AlarmActions: !If [HasAlarmTopic, [!Ref AlarmTopicArn], !Ref AWS::NoValue]\n" => "";
        "ApiErrorsAlarm does not go to the topic"
        ApiErrorsAlarm: "      TreatMissingData: notBreaching\n" => "";
        "ApiErrorsAlarm may never be decided"
        GetImportErrorsAlarm: "!Ref GetImportFunction" => "!Ref ListImportsFunction";
        "no alarm looks at Errors of GetImportFunction"
        ProcessImportThrottlesAlarm: "MetricName: Throttles" => "MetricName: Errors";
        "no alarm looks at Throttles of ProcessImportFunction"
        ResumeImportsSilentAlarm: "MetricName: Invocations" => "MetricName: Duration";
        "no alarm looks at Invocations of ResumeImportsFunction"
        DropDeadLetterAlarm: "!GetAtt DropDeadLetterQueue.QueueName" => "!GetAtt DeadLetterQueue.QueueName";
        "no alarm looks at ApproximateNumberOfMessagesVisible of DropDeadLetterQueue"
        ObjectsTableWriteThrottleAlarm: "!Ref ObjectsTable" => "!Ref ImportsTable";
        "no alarm looks at WriteThrottleEvents of ObjectsTable"
    }
    "refusals" {
        GetImportRefusals: "!Ref GetImportLogs" => "!Ref ApiLogs";
        "nobody counts what GetImportFunction is refused"
        ProcessImportRefusals: "fields.refused" => "refused";
        "of ProcessImportFunction is counted \"{ $.refused = \\\"*\\\" }\""
        AcceptDropRefusals: "CallsRefused" => "RefusedCalls";
        "no alarm looks at what AcceptDropFunction is refused"
        ResumeImportsOverdue: "fields.overdue" => "overdue";
        "of ResumeImportsFunction is counted \"{ $.overdue = \\\"*\\\" }\""
        RefusedCallsAlarm: "SubscriptionsImport/${AWS::StackName}" => "SubscriptionsImport";
        "no alarm looks at what AcceptDropFunction is refused"
    }
    "dashboard" {
        Dashboard: "{\"widgets\": [" => "{\"widgets\": [[";
        "Dashboard is not JSON"
        Dashboard: "\"RecordsImported\"" => "\"RecordsWritten\"";
        "\"Records\" shows a metric that nobody sends: [\"SubscriptionsImport\",\"RecordsWritten\",\"Stack\",\"${AWS::StackName}\",{\"label\":\"imported\"}]"
        Dashboard: "\"Attempts\"" => "\"QueueAge\"";
        "Dashboard does not show Attempts"
        Dashboard: "${DeadLetterQueue.QueueName}" => "${DeadLetterQueue.Arn}";
        "\"Messages\" shows a metric that nobody sends: [\"AWS/SQS\",\"ApproximateNumberOfMessagesVisible\",\"QueueName\",\"${DeadLetterQueue.Arn}\",{\"label\":\"dead letters\"}]"
        Dashboard: "${PageDuration}" => "";
        "Dashboard does not show how ServePageFunction fares"
        Dashboard: "- PageErrors: !If [HasPage," => "- PageErrors: !If [HasJwt,";
        "\"Errors of the functions\" shows a metric that nobody sends: [\"AWS/Lambda\",\"Errors\",\"FunctionName\",\"${ServePageFunction}\",{\"label\":\"serve-page\"}]"
    }
    "runbook" {
        ApiErrorsAlarm: "Type: AWS::CloudWatch::Alarm" => "Type: AWS::CloudWatch::CompositeAlarm";
        "ApiErrorsAlarm is missing in the template"
        GetImportErrorsAlarm: "Type: AWS::CloudWatch::Alarm" => "Type: AWS::CloudWatch::CompositeAlarm";
        "GetImportErrorsAlarm is missing in the template"
    }
};
