"""Expands SAM templates and compares them with the CloudFormation documents beside them.

Ids are SAM's own, so resources are compared by type, and chosen properties by value.
"""

import json
import os
import pathlib
import re
import sys

os.environ["AWS_DEFAULT_REGION"] = "eu-west-1"

from samtranslator.translator.transform import transform  # noqa: E402

# What has to come out as it went in, per type.
CHOSEN = {
    "AWS::Lambda::Function": [
        "Architectures",
        "Code",
        "Description",
        "Environment",
        "EphemeralStorage",
        "FunctionName",
        "Handler",
        "LoggingConfig",
        "MemorySize",
        "ReservedConcurrentExecutions",
        "Role",
        "Runtime",
        "Timeout",
        "TracingConfig",
    ],
    "AWS::Lambda::Alias": ["Name", "ProvisionedConcurrencyConfig"],
    "AWS::Lambda::Url": ["AuthType", "Cors", "InvokeMode"],
    "AWS::ApiGateway::RestApi": ["BinaryMediaTypes", "EndpointConfiguration", "Name"],
    "AWS::ApiGateway::Stage": ["MethodSettings", "StageName"],
    "AWS::ApiGateway::GatewayResponse": ["ResponseParameters", "ResponseTemplates", "ResponseType"],
    "AWS::ApiGatewayV2::Api": ["CorsConfiguration", "Name", "ProtocolType"],
    "AWS::ApiGatewayV2::Stage": ["AutoDeploy", "DefaultRouteSettings", "StageName"],
    "AWS::Logs::LogGroup": ["RetentionInDays"],
    "AWS::IAM::Role": ["AssumeRolePolicyDocument", "PermissionsBoundary", "Policies"],
}


class NoManagedPolicies:
    def load(self):
        return {}


def chosen(resources):
    found = []
    for resource in resources.values():
        properties = resource.get("Properties", {})
        names = CHOSEN.get(resource["Type"], [])
        found.append([resource["Type"], {name: properties.get(name) for name in names}])
    return sorted(found, key=lambda pair: json.dumps(pair, sort_keys=True))


def without(some, others):
    """What is left of some when each of the others has taken one like it away."""
    left = list(some)
    for one in others:
        if one in left:
            left.remove(one)
    return left


def references(value):
    """The names that Ref, Fn::GetAtt, Fn::Sub and DependsOn mention; a Fn::Sub's own names aside."""
    if isinstance(value, list):
        for item in value:
            yield from references(item)
    elif isinstance(value, dict):
        for key, inner in value.items():
            if key == "Ref":
                yield inner
            elif key == "DependsOn":
                yield from [inner] if isinstance(inner, str) else inner
            elif key == "Fn::GetAtt":
                yield inner.split(".")[0] if isinstance(inner, str) else inner[0]
            elif key == "Fn::Sub":
                text, own = (inner, {}) if isinstance(inner, str) else inner
                names = [name.split(".")[0] for name in re.findall(r"\$\{([^!}]+)\}", text)]
                yield from (name for name in names if name not in own)
                yield from references(own)
            else:
                yield from references(inner)


def main(paths):
    failed = False
    for path in map(pathlib.Path, paths):
        # SAM puts the region in already.
        text = (path.parent.parent / path.name).read_text().replace("${AWS::Region}", "eu-west-1")
        wanted = json.loads(text)
        expanded = transform(json.loads(path.read_text()), {}, NoManagedPolicies())
        # It does so in some places only, and names the alias itself.
        text = json.dumps(expanded["Resources"]).replace("${AWS::Region}", "eu-west-1")
        text = text.replace('{"Ref": "FunctionAliaslive"}', '{"Ref": "Live"}')
        left, right = chosen(wanted["Resources"]), chosen(json.loads(text))
        for one in without(left, right):
            print(f"{path.name}: lost {json.dumps(one, sort_keys=True)}")
            failed = True
        known = {*expanded["Resources"], *expanded.get("Parameters", {})}
        for name in sorted(set(references(expanded))):
            if name not in known and not name.startswith("AWS::"):
                print(f"{path.name}: refers to {name}, which is nowhere")
                failed = True
        for one in without(right, left):
            print(f"{path.name}: gained {json.dumps(one, sort_keys=True)}")
            failed = True
    return failed


sys.exit(main(sys.argv[1:]))
